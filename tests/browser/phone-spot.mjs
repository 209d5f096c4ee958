// A grid worker on a phone of 360 px: a wrong password is told, one quarrel is settled on the spot and found again.
import assert from 'node:assert/strict'
import { flow, ORIGIN, WORLD } from './harness.mjs'

await flow(async (t) => {
    const page = await t.phone(null)
    await page.fill('#login', 'grid')
    await page.fill('#password', 'not-this-one')
    await page.click('.login button.main')
    assert.ok((await page.textContent('.login .error')).trim())
    await t.logIn(page, 'grid')
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 360)

    const hand = t.budget('settled on the spot', 6)
    await hand.tap(page, '.ways button:has-text("当场化解")')
    await page.waitForSelector('textarea:focus')
    await page.keyboard.type('楼上漏水，两家吵起来，当场说好由楼上修')
    await hand.tap(page, '#f-place')
    await page.keyboard.type('一村3栋2单元')
    await hand.tap(page, '[data-field=result] button:text-is("当场和解")')
    await hand.tap(page, 'form .stick button.main')
    await page.waitForSelector('.done strong')
    const number = await page.textContent('.done strong')
    assert.match(number, /^360112JF\d{9}$/)

    const touched = 'main button:not(.link), main input, main select, main textarea, main a'
    const small = await page.$$eval(touched, (all) =>
        all.filter((x) => x.offsetParent && x.getBoundingClientRect().height < 47.5)
            .map((x) => x.outerHTML.slice(0, 90)))
    assert.deepEqual(small, [])

    await page.goto(`${ORIGIN}/list/dispute.dispute?which=all`)
    await page.click(`.item:has-text("${number}")`)
    await page.waitForSelector('.story li')
    const story = await page.$$eval('.story li', (all) => all.map((x) => x.innerText))
    assert.match(story[0], /某grid/)
    assert.match(story.join('\n'), /当场/)
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 360)
    assert.ok(WORLD.village)
})
