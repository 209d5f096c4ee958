// A list: narrowed by fields, area, state and clock, kept under a name, its columns chosen, several dealt with at
// once; and what it, and the unit's page, are on paper.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { api, flow, ORIGIN, WORLD } from './harness.mjs'

const LIST = '/list/dispute.dispute'

// What stands on the sheets that the printer gets, and how many there are.
async function onPaper(page) {
    const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'paper-'))
    const file = path.join(dir, 'a4.pdf')
    await page.pdf({ path: file, preferCSSPageSize: true })
    const sheets = Number(/Pages:\s+(\d+)/.exec(execFileSync('pdfinfo', [file], { encoding: 'utf8' }))[1])
    const text = execFileSync('pdftotext', ['-layout', file, '-'], { encoding: 'utf8' }).replace(/\s+/g, '')
    fs.rmSync(dir, { recursive: true })
    return { sheets, text }
}

const titles = (page) => page.$$eval('.matters tbody tr td.widest a', (all) => all.map((x) => x.childNodes[0].data))

// These rows and no others, in any order.
async function shows(page, ...words) {
    let now
    for (let i = 0; i < 100; i++) {
        now = (await titles(page)).sort()
        if (now.join() === [...words].sort().join()) return
        await page.waitForTimeout(100)
    }
    assert.deepEqual(now, [...words].sort())
}

const filter = (page, name, word) =>
    page.selectOption(`.filters .more label:has-text("${name}") select`, { label: word })
const tick = (page, title) => page.check(`.matters tr:has-text("${title}") input`)
const RED = '碾米房甲家与乙家争地', PLAIN = '碾米房丙家与丁家争地', OTHER = '碾米房戊家与己家争地'

await flow(async (t) => {
    const [grid, clerk] = [await api('grid'), await api('desk')]
    const made = {}
    for (const summary of [RED, PLAIN, OTHER]) {
        const { id } = await grid.open('dispute', 'report', WORLD.village, {
            summary, place: { text: '一村碾米房3号' }, result: 'not_settled',
        })
        made[summary] = id
    }
    await clerk.act(made[RED], 'register', {
        type: '0202', source: 'grid', scale: '01', colour: 'red', warning_level: '02', reported_up: true,
    })

    const page = await t.desk('centre', LIST)
    await page.waitForSelector('.bulk:has-text("共")')
    await page.fill('#search', '碾米房')
    await shows(page, RED, PLAIN, OTHER)
    await page.click('button:has-text("筛选")')
    await filter(page, '环节', '已登记')
    await shows(page, RED)
    await filter(page, '环节', '不限')
    await filter(page, '时限', '已超期')
    await page.waitForSelector('text=没有找到')
    await filter(page, '时限', '不限')
    await page.click('.filters .el-select:has-text("南昌市新建区")')
    await page.keyboard.type('一村')
    await page.click('.el-tree-node__content:visible:has-text("一村") >> nth=-1')
    await page.waitForURL(/area=360112101001/)
    await shows(page, RED, PLAIN, OTHER)
    await page.click('label:has-text("风险颜色")')
    await page.click('.el-tree-node__content:visible:has-text("红色")')
    await shows(page, RED)
    await t.shot(page, 'list-filtered')
    await t.accessible(page, 'a list with its filters')

    // kept under a name, on this device
    await page.click('button:has-text("把这样的筛选保存下来")')
    await page.fill('input[placeholder="起个名称"]', '一村红色的')
    await page.click('button:text-is("保存")')
    await page.click('button:text-is("清除筛选")')
    await page.fill('#search', '碾米房')
    await shows(page, RED, PLAIN, OTHER)
    await page.reload()
    await page.click('.views button:text-is("一村红色的")')
    await shows(page, RED)
    await page.goto(`${ORIGIN}${LIST}?q=碾米房`)

    // columns; they stay
    await shows(page, RED, PLAIN, OTHER)
    await page.click('button[aria-label="选择要看的列"]')
    await page.click('.chips button:text-is("区划")')
    await page.reload()
    await page.waitForSelector('.matters th:has-text("区划")')
    // what runs now is told where no main clock does
    await page.waitForSelector(`.matters tr:has-text("${RED}") td:has-text("还剩")`)

    // some of them at once, and nothing that is one matter's and one person's word
    await tick(page, PLAIN)
    await tick(page, OTHER)
    assert.deepEqual(await page.$$eval('.bulk button', (all) => all.map((x) => x.innerText)), ['签收', '转办', '催办', '打印'])
    const { text } = await onPaper(page)
    assert.match(text, new RegExp(`纠纷\\d{4}-\\d\\d-\\d\\d.*${PLAIN}`))
    assert.ok(text.includes(OTHER) && text.includes('一村碾米房3号') && !text.includes(RED), text)
    await page.click('.bulk button:text-is("转办")')
    await page.click('label:has-text("单位police"), .chips button:text-is("单位police"), .el-select')
    if (await page.locator('.el-select-dropdown__item:visible').count())
        await page.click('.el-select-dropdown__item:visible:has-text("单位police")')
    await page.click('button:has-text("转办这2件")')
    await page.waitForSelector('[role=status]:has-text("转办：办成2件")')
    const handler = await t.desk('handler', `${LIST}?q=碾米房`)
    await shows(handler, PLAIN, OTHER)
    await handler.check('.matters th input')
    await handler.click('.bulk button:text-is("签收")')
    await handler.waitForSelector('[role=status]:has-text("签收：办成2件")')
    await handler.check('.matters th input')
    await handler.click('.bulk button:text-is("签收")') // once more: each says why not
    await handler.waitForSelector('[role=status]:has-text("签收：办成0件")')
    assert.equal(await handler.locator('[role=status] li').count(), 2)

    // the head's page is one sheet, and says of each what, where, which kind, which step, who and how long
    const head = await t.desk('head', '/unit?of=area')
    await head.waitForSelector(`.sheet:has-text("红色") .line:has-text("${RED}")`)
    const paper = await onPaper(head)
    assert.equal(paper.sheets, 1)
    for (const x of ['红色', RED.slice(0, 8), '一村碾米房3号', '相邻土地', '已登记', '单位centre', '还剩'])
        assert.ok(paper.text.includes(x), `${x} in ${paper.text}`)
})
