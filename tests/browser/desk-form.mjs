// What is wrong is told at the field; what was typed outlives a reload and an ended session; a double click is one.
import assert from 'node:assert/strict'
import { api, choose, flow, ORIGIN } from './harness.mjs'

await flow(async (t) => {
    const page = await t.desk('grid', '/new/dispute.dispute/report')
    await page.click('form .stick button.main')
    assert.ok((await page.textContent('[data-field=summary] .error')).trim())
    await page.fill('#f-summary', '宅基地边界争执，等着再登录')
    await page.fill('#f-place', '一村15号')
    await choose(page, 'result', '没谈成')

    await page.reload()
    await page.waitForSelector('#f-summary')
    assert.equal(await page.inputValue('#f-summary'), '宅基地边界争执，等着再登录')
    assert.equal(await page.inputValue('#f-place'), '一村15号')

    await page.context().clearCookies()
    // what the page asks by itself may have found out first, and the log-in lies over the form already
    await page.click('form .stick button.main', { timeout: 1500 }).catch(() => undefined)
    await page.waitForSelector('.over #login')
    await t.logIn(page, 'grid')
    assert.equal(await page.inputValue('#f-summary'), '宅基地边界争执，等着再登录')

    const before = (await (await api('grid')).get('/api/records?type=dispute.dispute&limit=200')).rows.length
    await page.dblclick('form .stick button.main')
    await page.waitForSelector('.done strong')
    const number = await page.textContent('.done strong')
    const after = (await (await api('grid')).get('/api/records?type=dispute.dispute&limit=200')).rows.length
    assert.equal(after, before + 1)

    await page.goto(`${ORIGIN}/list/dispute.dispute`)
    await page.waitForSelector(`tr:has-text("${number}")`)
    await page.fill('input[type=search]', '没有这样的词')
    await page.waitForSelector('text=没有找到')

    // a field with a condition is there only when the condition holds
    const long = await t.desk('mediator', '/new/dispute.dispute/take_case')
    await long.waitForSelector('[data-field=colour]')
    assert.equal(await long.locator('[data-field=warning_level]').count(), 0)
    await choose(long, 'colour', '红色（立即报告）')
    await long.waitForSelector('[data-field=warning_level]')
})
