// From unit to unit with few taps: transferred, signed for, returned with a reason; and the head's page needs none.
import assert from 'node:assert/strict'
import { actionButton, api, flow, WORLD } from './harness.mjs'

await flow(async (t) => {
    const grid = await api('grid')
    const made = await grid.open('dispute', 'report', WORLD.village, {
        summary: '夜里施工吵人', place: { text: '一村8号' }, result: 'not_settled',
    })
    const centre = await t.desk('centre', `/m/${made.id}`)
    const transfer = t.budget('transfer', 3)
    await transfer.tap(centre, await actionButton(centre, '转办'))
    await transfer.tap(centre, '[data-field=to_org] button:text-is("单位police")')
    await transfer.tap(centre, 'form .stick button.main')
    await centre.waitForSelector('.done:has-text("转办")')
    await centre.hover('.near, .steps, summary')

    const handler = await t.desk('handler', '/?list=sign')
    await handler.click('.line:has-text("夜里施工吵人")')
    const back = t.budget('return', 3)
    await back.tap(handler, await actionButton(handler, '退回'))
    await back.tap(handler, '[data-field=reason] button:text-is("辖区不符")')
    await back.tap(handler, 'form .stick button.main')
    await handler.waitForSelector('.done:has-text("退回")')

    // the other side is told without a reload; under a hand nothing moves until it is asked for
    await centre.click('.news:has-text("别人刚办了一步") button')
    await centre.waitForSelector('.card:has-text("单位之间"):has-text("退回")')

    const head = t.budget("unit's page", 0)
    void head
    const page = await t.desk('head', '/')
    await page.waitForSelector('.numbers')
    await page.waitForSelector('.sheet:has-text("红色"), .numbers button:has-text("红色")')
    assert.equal(await page.locator('.unit-head').count(), 1)
    const tall = await page.evaluate(() => document.querySelector('.numbers').getBoundingClientRect().bottom)
    assert.ok(tall < 768, 'the numbers are on the first screen')
    const staff = await t.desk('mediator', '/')
    await staff.waitForSelector('.numbers button')
    assert.ok(await staff.evaluate(() => document.querySelector('.lines').getBoundingClientRect().top < 500))
})
