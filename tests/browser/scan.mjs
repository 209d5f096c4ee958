// A phone is logged in by the code on the desk's screen, without a password; the desk sees it and can end it.
import assert from 'node:assert/strict'
import { flow, ORIGIN } from './harness.mjs'

await flow(async (t) => {
    const desk = await t.desk('centre', '/me')
    const [shown] = await Promise.all([
        desk.waitForResponse((r) => r.url().endsWith('/api/session/scan') && r.request().method() === 'POST'),
        desk.click('button:has-text("显示二维码")'),
    ])
    const { link } = await shown.json()
    await desk.waitForSelector('svg.scan')
    await t.shot(desk, 'scan-desk')
    await t.accessible(desk, 'the code at the desk')

    const phone = await t.phone(null, new URL(link).pathname + new URL(link).hash)
    await phone.waitForSelector('.saying')
    assert.equal(new URL(phone.url()).hash, '') // the code stays in no history
    await t.shot(phone, 'scan-phone')
    await t.accessible(phone, 'the code on the phone')
    await phone.click('button:text-is("登录")')
    await phone.waitForSelector('.foot, .error') // not the event "load": once it did not come within 15 s
    assert.deepEqual(await phone.locator('.error').allTextContents(), [])
    assert.equal(phone.url(), `${ORIGIN}/`)
    await desk.waitForSelector('text=手机已登录')
    await t.still(desk)
    assert.equal(await desk.locator('button:text-is("结束")').count() >= 1, true)

    const late = await t.phone(null, new URL(link).pathname + new URL(link).hash)
    await late.waitForSelector('.error:has-text("已用过或过期")')
})
