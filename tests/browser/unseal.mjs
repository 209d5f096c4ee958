// A sealed matter is opened for all when two of its unit say so: one asks, with reason and paper, the head agrees.
import assert from 'node:assert/strict'
import { act, api, flow, WORLD } from './harness.mjs'

await flow(async (t) => {
    const desk = await api('desk')
    const made = await desk.open('dispute', 'report', WORLD.village, {
        summary: '孩子放学被人欺负', place: { text: '一村小学门口' }, result: 'not_settled', minor: true,
    })
    const asks = await t.desk('desk', `/m/${made.id}`)
    await act(asks, '申请解除限制查看', { reason: { text: '当事人已成年，本人书面同意' }, paper: { text: '新委字〔2024〕12号' } })
    await asks.waitForSelector('.story li:has-text("申请解除限制查看")')
    await asks.waitForSelector('.list li.warn:has-text("申请解除限制查看")')
    await t.shot(asks, 'asked')
    const other = await api('mediator')
    assert.equal((await other.get(`/api/records/${made.id}`)).sealed, true)

    const head = await t.desk('head', `/m/${made.id}`)
    await act(head, '审批', { ok: '同意' })
    await head.waitForSelector('.story li:has-text("限制查看已解除")')
    await t.shot(head, 'agreed')
    assert.ok(!(await other.get(`/api/records/${made.id}`)).sealed)
    const reads = await t.desk('mediator', `/m/${made.id}`)
    await reads.waitForSelector('.story li:has-text("当事人已成年")')
})
