// 投诉建议: two taps from any page to its form, which knows the page; the centre answers it.
import assert from 'node:assert/strict'
import { act, api, flow, send } from './harness.mjs'

await flow(async (t) => {
    const phone = await t.phone('grid', '/list/dispute.dispute?which=all')
    const link = phone.locator('.everywhere a')
    await t.shot(phone, 'complaint-link-phone')
    const box = await link.boundingBox()
    assert.ok(box.height >= 48, `a target of ${box.height} px`)
    await link.click()
    await phone.waitForSelector('[data-field=text] textarea')
    assert.equal(await phone.inputValue('[data-field=page] input'), '/list/dispute.dispute')
    assert.equal(await link.count(), 0, 'no way from the form to itself')
    await phone.fill('[data-field=text] textarea', '同一张表一个月填两次')
    await t.shot(phone, 'complaint-form-phone')
    await send(phone)
    assert.equal(await phone.locator('.done .big').count(), 0, 'no code for a resident')
    await phone.click('.done button.main')
    await phone.waitForURL('**/m/*')
    const id = phone.url().split('/').pop()

    const desk = await t.desk('centre', '/unit')
    await desk.waitForSelector('.everywhere a')
    await t.shot(desk, 'complaint-link-desk')
    await desk.goto(phone.url())
    await act(desk, '答复', { answer: { text: '第二张表不用再填' } })
    const seen = await (await api('grid')).get(`/api/records/${id}`)
    assert.equal(seen.state, 'answered')

    const reads = await t.desk('leader')
    assert.equal(await reads.locator('.everywhere').count(), 0, 'who only reads has no form')
})
