// No page asks the program for more than it shows: what each asks at a desk, and on a phone that is prepared already.
import assert from 'node:assert/strict'
import { api, flow, ORIGIN, WORLD } from './harness.mjs'

// Who one is, the words, what others do.
const ALWAYS = ['session', 'playbooks', 'playbooks/*', 'stream']

const path = (url) => url.replace(`${ORIGIN}/api/`, '').split('?')[0]
    .replace(/[0-9a-f-]{36}/, 'ID').replace(/^playbooks\/.*/, 'playbooks/*').replace(/^areas\/\d+/, 'areas/CODE')

async function asks(page, at) {
    const seen = []
    const note = (r) => r.url().startsWith(`${ORIGIN}/api/`) && seen.push(path(r.url()))
    page.on('request', note)
    await page.goto(ORIGIN + at)
    await page.waitForSelector('main > *')
    await page.waitForTimeout(1500)
    page.off('request', note)
    const own = seen.filter((x) => !ALWAYS.includes(x))
    return [...new Set(own)].map((x) => `${x} ${own.filter((y) => y === x).length}`).sort()
}

await flow(async (t) => {
    const grid = await api('grid')
    const { id } = await grid.open('dispute', 'report', WORLD.village, {
        summary: '两家为晒台争执', place: { text: '一村9号' }, result: 'not_settled',
    })
    const WANT = {
        '/desk': ['desk 1'],
        '/unit': ['desk 1', 'records 3'], // red, the same place again, new at the weekend
        '/list/dispute.dispute': ['records 1'],
        // with those at the same place, whose card is in sight
        [`/m/${id}`]: ['actions 1', 'records 1', 'records/ID 1', 'records/ID/documents 1', 'records/ID/events 1'],
        '/new': ['areas 1'],
        '/window': ['areas 2'], // is there a village to choose, and the tree
        '/me': ['sessions 1'],
        '/figures': ['areas 1', 'indicators 1', 'indicators/dispute.resolution_rate 1'],
    }
    const desk = await t.desk('desk', '/me')
    await desk.waitForTimeout(1000)
    for (const [at, want] of Object.entries(WANT)) assert.deepEqual(await asks(desk, at), want, at)

    const phone = await t.phone('grid', '/me')
    await phone.waitForTimeout(3000) // what a phone keeps for when there is no network is asked once
    for (const at of ['/new', '/me', '/list/dispute.dispute'])
        assert.deepEqual(await asks(phone, at), at === '/new' ? ['areas 1'] : WANT[at], `${at} on the phone`)
})
