// One matter: what cannot be done and why, a step that is undone, the reminder to send, earlier ones at the same
// place, its papers to print and to write on, and all that in English.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import { act, api, flow, WORLD } from './harness.mjs'

const PLACE = { text: '一村老井边', lon: 115.8123, lat: 28.6912 }
const HAN = /\p{Script=Han}/u

async function saved(page, button) {
    const [file] = await Promise.all([page.waitForEvent('download'), page.click(button)])
    const bytes = fs.readFileSync(await file.path())
    return { name: file.suggestedFilename(), head: bytes.subarray(0, 4).toString('latin1') }
}

await flow(async (t) => {
    const grid = await api('grid')
    const open = (summary) => grid.open('dispute', 'report', WORLD.village, {
        summary, place: PLACE, result: 'not_settled', contact_person: { name: '王五', phone: '13900001111' },
    })
    const earlier = await open('两家为井水争执')
    const made = await open('两家为井台争执')

    const page = await t.desk('desk', `/m/${made.id}`)
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])

    // why the rest cannot, each reason once
    await page.click('summary:has-text("现在还不能办的")')
    const not = await page.$$eval('.steps ~ details:last-of-type li', (all) => all.map((x) => x.innerText))
    assert.ok(not.some((x) => /研判.*：只在“已登记”环节能办，现在是“已发现”/.test(x)), not.join('\n'))
    const reasons = not.map((x) => x.split('：').slice(1).join('：'))
    assert.equal(new Set(reasons).size, reasons.length, not.join('\n'))
    await t.shot(page, 'matter-not')

    // the reminder: number, step and time, no person and no place
    await page.click('summary:has-text("批注、催办等")')
    await page.click('button:text-is("复制催办语")')
    await page.waitForSelector('.done:has-text("已复制")')
    const text = await page.evaluate(() => navigator.clipboard.readText())
    assert.ok(text.length <= 70, `${text.length} characters: ${text}`)
    assert.match(text, new RegExp(`^请办理纠纷${made.number}，现为“已发现”，登记时限还剩`))
    assert.doesNotMatch(text, /王|139|井/)

    // a step is undone with the button that follows it
    await act(page, '登记', { type: '邻里纠纷/用水排水通行通风采光', source: '网格上报', scale: '个体性事件', colour: '黄色（就地化解）' })
    await page.waitForSelector('.head .tag:text-is("已登记")')
    await page.click('.done button:text-is("撤销这一步")')
    await page.click('form .stick button.main')
    await page.waitForSelector('.head .tag:text-is("已发现")')
    await page.waitForSelector('.story li:has-text("撤销")')

    // the one before at this place
    await page.locator('h2:text-is("有关的件")').scrollIntoViewIfNeeded()
    await page.waitForSelector(`h3:has-text("同一地点的其他件") + ul a:has-text("${earlier.number}")`)

    // papers: to print, to write on, and all in one
    const paper = '.prints li:has-text("权利义务告知书")'
    assert.deepEqual(await saved(page, `${paper} button:text-is("Word")`), { name: '权利义务告知书.docx', head: 'PK\x03\x04' })
    await page.evaluate(() => (window.open = () => null)) // a tab that the browser refuses becomes a file
    assert.equal((await saved(page, `${paper} button:text-is("PDF")`)).head, '%PDF')
    assert.deepEqual(await saved(page, 'button:text-is("卷宗一键成册")'), { name: '卷宗.pdf', head: '%PDF' })

    // in English there is no Chinese but names and what people wrote
    await page.click('.top button:text-is("EN")')
    await page.waitForSelector('.head .tag:text-is("Found")')
    await page.$$eval('details', (all) => all.forEach((x) => (x.open = true)))
    const shell = await page.$$eval(
        'h2, dt, summary, .chips button, .prints span, .tag, details li, .top nav .wide a, .everywhere a',
        (all) => all.map((x) => x.innerText))
    assert.deepEqual(shell.filter((x) => HAN.test(x)), [])
    assert.ok(shell.some((x) => /only at the step 'Registered'; it is now at 'Found'/.test(x)), shell.join('\n'))
    await t.shot(page, 'matter-english')
    await t.accessible(page, 'a matter in English')
})
