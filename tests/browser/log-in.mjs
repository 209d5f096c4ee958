// A log-in that was not looked at keeps what was typed and says what to do; a wrong password is forgotten.
import assert from 'node:assert/strict'
import { flow, uuid7 } from './harness.mjs'

await flow(async (t) => {
    const page = await t.phone(null, '/')
    const typed = () => page.inputValue('#password')
    async function tried(says) {
        await page.fill('#password', 'wrong, and long enough')
        await page.click('.login button.main')
        await page.waitForSelector(`.login .error:has-text("${says}")`)
        await page.waitForSelector('.login button.main:not([disabled])')
    }
    await page.fill('#login', `nobody-${uuid7().slice(-8)}`)
    await t.network(page, false)
    await tried('没连上服务器')
    assert.equal(await typed(), 'wrong, and long enough')
    await t.network(page, true)
    for (let i = 0; i < 4; i++) {
        await tried('账号或密码不对')
        assert.equal(await typed(), '')
    }
    await tried('分钟后再试') // this login is locked, not the address
    assert.equal(await typed(), 'wrong, and long enough')
    await t.shot(page, 'log-in-locked')
})
