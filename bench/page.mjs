// How soon a page can be used on a processor four times slower; run by bench/page.sh.
// A line a page: milliseconds from the navigation until what it is there for stands and a timer of the page runs at
// once (the script is not busy any more), the median of ROUNDS loads with the browser's cache, and how often it asked
// the API.
import { api, flow } from '../tests/browser/harness.mjs'

const SLOWER = 4, ROUNDS = 3, READER = 'reader', REPORTER = 'bench'

const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)]

async function load(page, at, ready) {
    let asked = 0
    const count = (r) => (asked += new URL(r.url()).pathname.startsWith('/api/'))
    page.on('request', count)
    await page.goto(at, { waitUntil: 'commit' })
    await page.waitForSelector(ready)
    const ms = await page.evaluate(() => new Promise((done) => setTimeout(() => done(performance.now()), 0)))
    page.off('request', count)
    return { ms, asked }
}

await flow(async (t) => {
    const one = (await (await api(READER)).get('/api/records?type=dispute.dispute&limit=1')).rows[0].id
    const PAGES = [
        // name, account, address, what it is there for
        ['desk', READER, '/desk', 'main .waiting, main .line, main .card'],
        ['list', READER, '/list/dispute.dispute?which=all', 'tr[data-id]'],
        ['one matter', READER, `/m/${one}`, '.story li'],
        ['unit', READER, '/unit?of=area', '.sheet'],
        ['figures', READER, '/figures', '#sentence'],
        ['phone: report', REPORTER, '/new', '#f-title'],
    ]
    console.log('| page | ms, median | each | questions to the API |\n|---|---:|---|---:|')
    for (const [name, login, at, ready] of PAGES) {
        const page = await (name.startsWith('phone') ? t.phone(login) : t.desk(login))
        const origin = new URL(page.url()).origin
        const cdp = await page.context().newCDPSession(page)
        await cdp.send('Emulation.setCPUThrottlingRate', { rate: SLOWER })
        const got = []
        for (let i = 0; i < ROUNDS; i++) got.push(await load(page, origin + at, ready))
        const each = got.map((x) => Math.round(x.ms))
        console.log(`| ${name} | ${median(each)} | ${each.join(', ')} | ${got.at(-1).asked} |`)
        await page.context().close()
    }
})
