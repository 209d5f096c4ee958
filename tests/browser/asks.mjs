// No page asks the program for more than it shows: what each asks at a desk, and on a phone that is prepared already.
import assert from 'node:assert/strict'
import { api, dueCall, flow, ORIGIN, WORLD } from './harness.mjs'

// Who one is, the words, what others do.
const ALWAYS = ['session', 'playbooks', 'playbooks/*', 'stream']

const path = (url) => url.replace(`${ORIGIN}/api/`, '').split('?')[0]
    .replace(/[0-9a-f-]{36}/, 'ID').replace(/^playbooks\/.*/, 'playbooks/*').replace(/^areas\/\d+/, 'areas/CODE')

async function during(page, what) {
    const seen = []
    const note = (r) => r.url().startsWith(`${ORIGIN}/api/`) && seen.push(path(r.url()))
    page.on('request', note)
    await what()
    page.off('request', note)
    const own = seen.filter((x) => !ALWAYS.includes(x))
    return [...new Set(own)].map((x) => `${x} ${own.filter((y) => y === x).length}`).sort()
}

const asks = (page, at) => during(page, async () => {
    await page.goto(ORIGIN + at)
    await page.waitForSelector('main > *')
    await page.waitForTimeout(1500)
})

// In the page: all lies on the phone that is needed without a network (ui/src/offline/prepare.ts).
const isPrepared = () => new Promise((yes, no) => {
    const opening = indexedDB.open('bihuan')
    opening.onerror = () => no(opening.error)
    opening.onsuccess = () => {
        const keys = opening.result.transaction('kept').objectStore('kept').getAllKeys()
        keys.onsuccess = () => {
            opening.result.close()
            yes(keys.result.some((k) => k.startsWith('prepared ')))
        }
    }
})

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

    // what a phone keeps for when there is no network is asked once: two matters to be called, four calls
    const due = [await dueCall('为围墙争执，约定各修一半'), await dueCall('为水沟争执，约定轮流清理')]
    const phone = await t.phone(null, '/me')
    const prepared = await during(phone, async () => {
        await t.logIn(phone, 'desk')
        await phone.waitForFunction(isPrepared)
    })
    const lists = (await grid.get('/api/playbooks')).rows.flatMap((p) => p.records).length
    assert.deepEqual(prepared, ['areas 1', 'changes 1', 'checkpoint 1', 'desk 1', `records ${lists}`, 'sessions 1'],
        'what a phone prepares')
    WANT['/new'] = ['areas 1']
    WANT['/calls'] = ['desk 1']
    for (const at of ['/new', '/me', '/list/dispute.dispute', '/calls'])
        assert.deepEqual(await asks(phone, at), WANT[at], `${at} on the phone`)
    await phone.waitForSelector('.call [role=status]:has-text("4个电话")')
    const caller = await api('desk')
    for (const id of due)
        for (let n = 0; n < 2; n++) {
            const part = (await caller.get(`/api/records/${id}`)).parts.find((p) => p.kind === 'follow_up' && p.open).i
            await caller.act(id, 'visit', { part, performed: 'yes', satisfied: 'satisfied' })
        }
})
