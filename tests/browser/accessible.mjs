// axe-core finds nothing serious on any page: light at a desk, dark on a phone.
import { api, flow, WORLD } from './harness.mjs'

await flow(async (t) => {
    const grid = await api('grid')
    const made = await grid.open('dispute', 'report', WORLD.village, {
        summary: '夜里广场舞吵人', place: { text: '一村广场' }, result: 'not_settled',
    })
    const PAGES = [
        ['centre', '/', '.numbers'],
        ['mediator', '/', '.numbers'],
        ['centre', '/unit?of=area', '.numbers'],
        ['centre', '/list/dispute.dispute', '.bulk'],
        ['centre', `/m/${made.id}`, '.story li'],
        ['grid', '/new/dispute.dispute/report', 'form'],
        ['grid', '/me', '.chips'],
    ]
    for (const [login, at, ready] of PAGES) {
        for (const [how, colorScheme] of [['desk', 'light'], ['phone', 'dark']]) {
            const page = await t[how](login, at, { colorScheme })
            await page.waitForSelector(ready)
            await t.still(page)
            await t.accessible(page, `${at} (${how}, ${colorScheme})`)
            await page.context().close()
        }
    }
    const page = await t.desk(null)
    await page.waitForSelector('#login')
    await t.accessible(page, 'log-in')
})
