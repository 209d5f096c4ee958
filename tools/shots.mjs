// Pictures of every page, at a desk and on a phone, of the demonstration; run by tools/shots.sh.
import { api, flow } from '../tests/browser/harness.mjs'

const HEAD = 'fz360103', STAFF = 'tj360103', WINDOW = 'sl360103', GRID = 'wg360103'
const ADMIN = 'admin', FIGURES = 'tjy360103'

async function firstOf(login, query) {
    const who = await api(login)
    return (await who.get(`/api/records?type=dispute.dispute&limit=1&${query}`)).rows[0]?.id
}

await flow(async (t) => {
    const busy = await firstOf(HEAD, `open=true&sort=due`)
    const done = await firstOf(HEAD, `where=${encodeURIComponent('closed IS NOT NULL')}`)
    const PAGES = [
        // name, account, address, what must be there first
        ['login', null, '/', '#login'],
        ['unit', HEAD, '/?of=area', '.sheet'],
        ['desk', WINDOW, '/?list=call', '.line'],
        ['list', HEAD, '/list/dispute.dispute', '.bulk'],
        ['list-filtered', HEAD, '/list/dispute.dispute?f.result=not_settled&which=all', '.filters'],
        ['map', HEAD, '/map', '.map .dot'],
        ['matter', HEAD, `/m/${busy}`, '.story li'],
        ['matter-closed', HEAD, `/m/${done}`, '.story li'],
        ['new', GRID, '/new/dispute.dispute/report', 'form'],
        ['figures', FIGURES, '/figures', 'main h1, main h2, main .card'],
        ['me', STAFF, '/me', '.chips'],
        ['calls', STAFF, '/calls', 'main .card, main p'],
        ['report', GRID, '/new', 'form'],
        ['window', WINDOW, '/window', 'main input'],
        ['import', FIGURES, '/import', 'main input'],
        ['wall', FIGURES, '/wall', '.wall, main'],
        ['admin', ADMIN, '/admin', 'main .card'],
        ['admin-areas', ADMIN, '/admin/areas', 'main .card'],
        ['admin-accounts', ADMIN, '/admin/accounts', 'main .card'],
        ['admin-playbooks', ADMIN, '/admin/playbooks', 'main .card'],
        ['admin-log', ADMIN, '/admin/log', 'main .card'],
        ['admin-budget', ADMIN, '/admin/budget', 'main details'],
    ]
    for (const [name, login, at, ready] of PAGES) {
        for (const how of ['desk', 'phone']) {
            const page = await t[how](login, at)
            await page.waitForSelector(ready).catch((e) => console.error(name, how, String(e).split('\n')[0]))
            await t.shot(page, `${name}-${how}`)
            await page.context().close()
        }
    }
    const page = await t.desk(HEAD, '/?of=area')
    await page.waitForSelector('.sheet')
    await page.emulateMedia({ media: 'print' })
    await page.setViewportSize({ width: 703, height: 1032 }) // A4 less its margins at 96 dpi
    await t.shot(page, 'unit-print')
    await page.emulateMedia({ media: 'screen', colorScheme: 'dark' })
    await page.setViewportSize({ width: 1366, height: 768 })
    await t.shot(page, 'unit-dark')
})
