// A figure as a sentence in two taps; from every number to its very matters; a bulletin; the wall follows by itself.
import assert from 'node:assert/strict'
import { api, flow, ORIGIN, send, WORLD } from './harness.mjs'

const FIGURES = 'a[href="/figures"]'

async function listed(page, href) {
    const q = new URLSearchParams(href.split('?')[1])
    const ask = new URLSearchParams({ type: q.get('type'), where: q.get('where'), area: q.get('area'), limit: '200' })
    return page.evaluate(async (u) => (await (await fetch(u)).json()).rows.length, `/api/records?${ask}`)
}

await flow(async (t) => {
    const grid = await api('grid')
    const settled = { summary: '楼上漏水，当场说好由楼上修', place: { text: '一村3栋' }, result: 'on_the_spot' }
    for (let i = 0; i < 22; i++) await grid.open('dispute', 'settle_on_the_spot', WORLD.village, settled)

    // the sentence
    const page = await t.desk('head', '/me')
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
    const copy = t.budget('figure as a sentence', 2)
    await copy.tap(page, FIGURES)
    await copy.tap(page, 'button:has-text("复制成句")')
    await page.waitForSelector('button:has-text("已复制")')
    const text = await page.evaluate(() => navigator.clipboard.readText())
    assert.match(text.split('\n')[0], /化解率|不计算比率/)
    assert.match(text.split('\n')[1], /^口径：/)

    // this year, and every number with its matters
    await page.click('button:text-is("今年以来")')
    await page.selectOption('select[aria-label="怎么分"]', 'area')
    await page.waitForSelector('td:has-text("长堎镇")')
    const links = await page.$$eval('table a', (all) => all.map((a) => [a.textContent.trim(), a.getAttribute('href')]))
    assert.ok(links.length >= 4, `${links.length} links`)
    for (const [n, href] of links) assert.equal(await listed(page, href), Number(n), href)
    await t.shot(page, 'figures')
    await t.accessible(page, 'figures')
    await page.click('table a')
    await page.waitForSelector('.item')
    await t.accessible(page, 'matters behind a number')
    await page.click('a:has-text("回到统计")')
    await page.waitForSelector('#sentence')

    // a bulletin: filled, refused where a figure cannot be printed, then seen
    const clerk = await api('desk')
    const today = clerk.me.today
    const made = await clerk.open('bulletin.bulletin', 'begin', WORLD.district, {
        title: '本周情况', series: 'brief', period_from: today, period_to: today,
    })
    const desk = await t.desk('desk', `/m/${made.id}`)
    await desk.click('button:has-text("填数")')
    await desk.fill('[data-field=prose] textarea', '本期登记{{dispute.registered}}起')
    await desk.click('form .stick button.main')
    await desk.waitForSelector('.error:has-text("取哪个数")')
    await desk.fill('[data-field=prose] textarea', '本期登记{{dispute.registered n}}起')
    await send(desk)
    await desk.goto(`${ORIGIN}/bulletin/${made.id}`)
    await desk.waitForSelector('.paper sup:has-text("[F1]")')
    await t.shot(desk, 'bulletin')
    await t.accessible(desk, 'bulletin')

    // the wall: alone on its screen, and it follows without a reload
    const wall = await t.desk('head', '/wall')
    await wall.waitForSelector('.wall dd')
    const open = async () => Number(await wall.textContent('.wall dd >> nth=0'))
    const before = await open()
    await t.shot(wall, 'wall')
    await t.accessible(wall, 'wall')
    const size = await wall.$eval('.wall dd', (x) => parseFloat(getComputedStyle(x).fontSize))
    assert.ok(size > 120, `${size} px is too small for a room`)
    await grid.open('dispute', 'report', WORLD.village, {
        summary: '夜里施工吵人', place: { text: '一村8号' }, result: 'not_settled',
    })
    const until = Date.now() + 40000
    while ((await open()) !== before + 1 && Date.now() < until) await wall.waitForTimeout(250)
    assert.equal(await open(), before + 1)
})
