// The newcomer's path of docs/first-hour.md, step by step as it is written there: a ledger dropped in and mapped, the
// first matter, the first figure as a sentence, the first proof.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import { fileURLToPath } from 'node:url'
import { flow, ORIGIN } from './harness.mjs'

const LEDGER = fileURLToPath(new URL('../../docs/first-hour/ledger.xlsx', import.meta.url))
const LOGIN = process.env.BIHUAN_FIRST_LOGIN ?? 'desk'

async function drop(page, file) {
    const bytes = fs.readFileSync(file).toString('base64')
    const data = await page.evaluateHandle(([b, name]) => {
        const t = new DataTransfer()
        t.items.add(new File([Uint8Array.from(atob(b), (c) => c.charCodeAt(0))], name))
        return t
    }, [bytes, 'ledger.xlsx'])
    await page.dispatchEvent('.drop', 'drop', { dataTransfer: data })
}

async function ledger(t, page) {
    await page.click('nav a:has-text("办件")')
    await page.click('button:has-text("导入台账")')
    await page.waitForSelector('.drop')
    await t.accessible(page, 'import, empty')
    await drop(page, LEDGER)
    await page.waitForSelector('.mapping')
    assert.equal(await page.locator('.codes select.unread').count(), 1) // 租房纠纷 is no type of the playbook
    await page.locator('.codes label:has-text("租房纠纷") select').selectOption({ label: '　房产买卖租赁' })
    await t.shot(page, 'first-hour-mapping')
    await t.accessible(page, 'import, mapped')
    await page.click('button:has-text("试一遍")')
    await page.waitForSelector('.saying:has-text("还没有写入")')
    assert.match(await page.textContent('.saying'), /新增11件，更新0件，未变0件，退回1行/)
    assert.match(await page.textContent('li:has-text("第8行")'), /涉及人数：应填整数/)
    await page.click('button:has-text("导入这11件")')
    await page.waitForSelector('.saying:has-text("导入完成")')
    await t.shot(page, 'first-hour-imported')
    const [file] = await Promise.all([page.waitForEvent('download'), page.click('button:has-text("下载退回的行")')])
    assert.equal(file.suggestedFilename(), 'ledger.xlsx-退回.xlsx')
    await page.click('button:has-text("再试一遍")')
    await page.waitForSelector('.saying:has-text("未变11件")')
    await page.click('nav a:has-text("办件")')
    await page.waitForSelector('tr:has-text("卸货砸坏邻摊")') // the newest, on top
    for (const kind of ['Excel', 'CSV']) {
        const [out] = await Promise.all([page.waitForEvent('download'), page.click(`button:has-text("导出 ${kind}")`)])
        assert.match(out.suggestedFilename(), kind === 'CSV' ? /\.csv$/ : /\.xlsx$/)
    }
}

async function matter(t, page) {
    await page.click('nav a:has-text("上报")')
    await page.fill('#f-title', '楼道里堆杂物，两家争吵')
    await page.fill('#f-place', '2栋楼道')
    await page.click('button:has-text("说不清，就记在")')
    await page.click('[data-field=quick] button:has-text("没解决")')
    await page.click('form .stick button:has-text("上报")')
    await page.waitForSelector('.done .digits')
    const digits = (await page.textContent('.done .digits')).trim()
    await t.shot(page, 'first-hour-reported')
    await page.click('nav a:has-text("办件")')
    await page.click('td:has-text("楼道里堆杂物")')
    await page.waitForSelector('.story')
    return digits
}

async function proof(page) {
    const link = 'a:has-text("核验凭证")'
    const [file] = await Promise.all([page.waitForEvent('download'), page.click(link)])
    assert.match(fs.readFileSync(await file.path(), 'utf8'), /^c2sp\.org\/tlog-proof@v1\n/)
}

async function figure(t, page) {
    await page.click('nav a:has-text("统计")')
    await page.waitForSelector('#sentence')
    await page.click('button:has-text("复制成句")')
    await page.waitForSelector('button:has-text("已复制")')
    assert.match((await page.evaluate(() => navigator.clipboard.readText())).split('\n')[1], /^口径：/)
    await t.shot(page, 'first-hour-figure')
    const [file] = await Promise.all([page.waitForEvent('download'), page.click('button:has-text("导出 Excel")')])
    assert.match(file.suggestedFilename(), /^化解率.*\.xlsx$/)
}

await flow(async (t) => {
    const page = await t.desk(LOGIN, '/', { acceptDownloads: true })
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'], { origin: ORIGIN })
    await ledger(t, page)
    await matter(t, page)
    await proof(page)
    await figure(t, page)
})
