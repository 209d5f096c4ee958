// The wall for a day: its minutes are played one after the other while people go on working, the network is away for
// an hour, the server is begun anew and midnight passes.  It is never loaded again, says when its numbers are old, and
// holds no more in the last hour than in the second.
import assert from 'node:assert/strict'
import { api, flow, WORLD } from './harness.mjs'

const HOUR = 60 // minutes
const HOURS = 24
const AWAY = 9 // in this hour there is no network
const ANEW = 14 // after this one the server is begun anew, and midnight passes
const SCREEN = { viewport: { width: 1920, height: 1080 } }
// A script warms up for half a day (250 resource timings, compiled code); from then on nothing may come to it.
const MORE = { second: { heap: 600_000, nodes: 10, listeners: 2 }, noon: { heap: 60_000, nodes: 10, listeners: 2 } }
const LETTERS = { dd: 0.08, 'h1, p, time, dt, small, button': 0.025 } // of the height, to be read from five metres

// Evening of a working day that has a working day behind it; the database has not lived it yet.
function tuesday(time) {
    const day = new Date(Date.now() + 8 * 3_600_000)
    do day.setUTCDate(day.getUTCDate() + 1)
    while (day.getUTCDay() !== 2)
    return `${day.toISOString().slice(0, 10)}T${time}+08:00`
}

class Wall {
    constructor(page) {
        this.page = page
        this.loads = this.asked = 0
        page.on('domcontentloaded', () => this.loads++)
        page.on('response', (r) => (this.asked += r.url().includes('/api/wall')))
    }

    async open() {
        await this.page.clock.install()
        await this.page.goto(new URL('/wall', this.page.url()).href)
        await this.page.waitForSelector('.wall dd')
        this.session = await this.page.context().newCDPSession(this.page)
        await this.session.send('Performance.enable')
        await this.session.send('HeapProfiler.enable')
    }

    // One minute: it asks once at least, and has its answer.
    async minute(there = true) {
        const end = this.page.waitForEvent(there ? 'requestfinished' : 'requestfailed',
            (r) => r.url().includes('/api/wall'))
        await this.page.clock.runFor(60_000)
        await end
    }

    async hour(there = true) {
        for (let i = 0; i < HOUR; i++) await this.minute(there)
    }

    numbers() {
        return this.page.$$eval('.wall dd', (all) => all.map((x) => parseInt(x.textContent, 10)))
    }

    async day() {
        return (await this.page.textContent('.wall header time')).slice(0, 10)
    }

    async held() {
        for (let i = 0; i < 2; i++) await this.session.send('HeapProfiler.collectGarbage')
        const { metrics } = await this.session.send('Performance.getMetrics')
        const of = (name) => metrics.find((m) => m.name === name).value
        return { heap: of('JSHeapUsedSize'), nodes: of('Nodes'), listeners: of('JSEventListeners') }
    }

    // What was opened now is seen before the minute's own question: the stream tells of it.
    async live(open) {
        const [before] = await this.numbers()
        await open()
        for (let second = 0; second < 50; second++) {
            if ((await this.numbers())[0] > before) return true
            await this.page.clock.runFor(1000)
        }
        return false
    }
}

function compare(held) {
    const last = held.at(-1)
    for (const [from, then] of [['second', held[1]], ['noon', held[HOURS / 2 - 1]]])
        for (const [what, more] of Object.entries(MORE[from]))
            assert.ok(last[what] <= then[what] + more, `${what}: ${last[what]} at last, ${then[what]} at ${from}`)
}

async function readable(page) {
    for (const [what, least] of Object.entries(LETTERS)) {
        const sizes = await page.$$eval('.wall *', (all, sel) => all.filter((x) => x.matches(sel))
            .map((x) => parseFloat(getComputedStyle(x).fontSize) / innerHeight), what)
        assert.ok(sizes.length && Math.min(...sizes) >= least, `${what}: ${sizes}`)
    }
}

await flow(async (t) => {
    const server = await t.own(tuesday('20:00:00'))
    const grid = await api('grid')
    const report = () => grid.open('dispute', 'report', WORLD.village, {
        summary: '门前堆放杂物', place: { text: '一村12号' }, result: 'not_settled',
    })
    const page = await t.desk('head', '/', SCREEN)
    const wall = new Wall(page)
    await wall.open()
    const [before] = await wall.numbers()
    const evening = await wall.day()
    const held = []
    let made = 0
    for (let hour = 0; hour < HOURS; hour++) {
        if (hour === AWAY) await t.network(page, false)
        await report()
        made++
        await wall.hour(hour !== AWAY)
        held.push(await wall.held())
        if (hour === AWAY) {
            assert.match(await page.textContent('.wall .late'), /没连上.*下面是.*的数/)
            assert.equal((await wall.numbers())[0], before + made - 1) // as it was before
            await t.shot(page, 'wall-away')
            await t.network(page, true)
        }
        if (hour === ANEW) {
            const [, due, overdue] = await wall.numbers()
            await t.gone(server)
            await wall.minute(false)
            await server.start(tuesday('23:59:58'))
            while ((await wall.day()) === evening) await wall.minute()
            const [, dueNow, overdueNow] = await wall.numbers()
            assert.ok(dueNow >= made, `${dueNow} of ${made} are due the day after they came`)
            assert.equal(overdueNow, overdue + due, 'what was due yesterday is overdue')
        }
    }
    assert.equal(wall.loads, 1, 'it was loaded again')
    assert.ok(wall.asked >= (HOURS - 1) * HOUR, `it asked ${wall.asked} times`)
    assert.equal(await page.$('.wall .late'), null, 'it still complains of the network')
    assert.equal((await wall.numbers())[0], before + made)
    while (!(await wall.live(report))); // the stream comes back by itself
    const told = await (await api('head')).get('/api/wall')
    assert.deepEqual(await wall.numbers(), ['open', 'due_today', 'overdue', 'returned', 'again', 'week']
        .map((x) => told[x]))
    compare(held)
    await readable(page)
    await t.shot(page, 'wall-1080')
})
