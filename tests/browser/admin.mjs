// Administration: a unit, an account that logs in with the password of its slip, an area that is moved with its
// matters, a playbook that is broken, mended, tried, put in force and gone back from.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { api, choose, flow, ORIGIN } from './harness.mjs'

const DISTRICT = '新建区', TOWN = '望城镇'
const BOOK = new URL('../../playbooks/dispute/', import.meta.url)

// The folder of the shipped playbook under another version, as the page is given it.
function files(change) {
    const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'playbook-'))
    return fs.readdirSync(BOOK).filter((n) => n.endsWith('.yaml')).map((n) => {
        const at = path.join(dir, n)
        fs.writeFileSync(at, change(n, fs.readFileSync(new URL(n, BOOK), 'utf8')))
        return at
    })
}

async function tree(page, within, words, name) {
    const box = page.locator(within)
    await box.locator('input[type="search"]').fill(words)
    await box.locator(`button:has-text("${name}")`).first().click()
}

const press = (page, name) => page.click(`.steps button:text-is("${name}")`)
const send = (page) => page.click('form .stick button.main')

await flow(async (t) => {
    const page = await t.desk('admin', '/')
    await page.click('nav a[href="/admin"]')
    await page.waitForSelector('.admin-cards a[href="/admin/playbooks"]')
    await t.shot(page, 'admin')
    await t.accessible(page, 'administration')

    // a unit
    await page.click('.admin-cards a[href="/admin/orgs"]')
    await page.click('button:has-text("新增单位")')
    await page.fill('[data-field=name] input', '红谷滩司法所')
    await choose(page, 'kind', '派出所、司法所等站所')
    await tree(page, '[data-field=area]', DISTRICT, DISTRICT)
    await page.fill('[data-field=phone] input', '0791-8321 0000')
    await t.shot(page, 'admin-new-unit')
    await t.accessible(page, 'new unit')
    await send(page)
    await page.waitForSelector('h1:has-text("红谷滩司法所")')
    await press(page, '改名、改电话')
    assert.equal(await page.inputValue('[data-field=phone] input'), '0791-8321 0000')
    await page.fill('[data-field=name] input', '长堎司法所')
    await page.fill('[data-field=phone] input', '')
    await send(page)
    await page.waitForSelector('h1:has-text("长堎司法所")')
    await page.waitForSelector('dd:has-text("还没有")')
    await t.shot(page, 'admin-unit')
    await t.accessible(page, 'a unit')

    // an account of it: the password is on the slip and nowhere else
    await page.click('a:has-text("这个单位的账号")')
    await page.waitForSelector('p:has-text("没有这样的账号")')
    await page.click('button:has-text("新增账号")')
    await page.fill('[data-field=login] input', 'newcomer')
    await page.fill('[data-field=name] input', '某新人')
    const role = page.locator('[data-field=roles] .card').first()
    await role.locator('button:text-is("受理员")').click()
    await tree(page, '[data-field=roles] .card', DISTRICT, DISTRICT)
    await t.shot(page, 'admin-new-account')
    await t.accessible(page, 'new account')
    await send(page)
    const slip = page.locator('.password-slip')
    await slip.waitFor()
    const password = (await slip.locator('.digits').innerText()).trim()
    await t.shot(page, 'admin-slip')
    await t.accessible(page, 'slip of an account')
    await page.emulateMedia({ media: 'print' })
    assert.ok(!(await page.isVisible('.admin-row')), 'the slip is printed alone')
    await page.emulateMedia({ media: 'screen' })
    const first = await t.desk(null)
    await t.logIn(first, 'newcomer', password)
    assert.match(await first.innerText('header'), /长堎司法所/)
    assert.equal(await first.locator('nav a[href="/admin"]').count(), 0) // a menu of administrators alone
    await first.goto(`${ORIGIN}/admin/accounts`)
    await first.waitForSelector('main:has-text("没有这一页的权限")')

    // another password ends what was open; a role that is not his to give is refused at its field
    await page.click('.admin-row:has-text("newcomer")')
    await press(page, '重设密码')
    await send(page)
    await slip.waitFor()
    assert.notEqual((await slip.locator('.digits').innerText()).trim(), password)
    await first.reload()
    await first.waitForSelector('#login')
    await page.click('button:has-text("收起")')
    await press(page, '停用')
    await send(page)
    await page.waitForSelector('.tag:has-text("已停用")')
    await t.shot(page, 'admin-account')
    await t.accessible(page, 'an account')
    const own = (await api('admin')).me.account
    await page.goto(`${ORIGIN}/admin/accounts/${own}`)
    await page.waitForSelector('p:has-text("另一位管理员")')

    // a township goes to another county: said before, followed, and told afterwards
    await (await api('grid2')).open('dispute', 'report', '360112102000', {
        summary: '两家争水渠', place: { text: '望城镇口' }, result: 'not_settled',
    })
    await page.goto(`${ORIGIN}/admin/areas`)
    await page.waitForSelector('h1:has-text("江西省")')
    await tree(page, 'main .card', TOWN, TOWN)
    await page.waitForSelector(`h1:text-is("${TOWN}")`)
    await press(page, '划转')
    await tree(page, '[data-field=parent]', '西湖区', '西湖区')
    await send(page)
    await page.waitForSelector('.told li:has-text("跟着走")')
    assert.match(await page.innerText('.told'), /在办1件/)
    await t.shot(page, 'admin-area-move')
    await t.accessible(page, 'an area that is moved')
    await send(page)
    await page.waitForSelector('.story li:has-text("划转")')
    await page.waitForSelector('.card button.link:has-text("西湖区")')
    await t.shot(page, 'admin-area')
    await t.accessible(page, 'an area')
    await press(page, '新增下级')
    await page.fill('[data-field=areas] [data-field=code] input', '360112102001')
    await page.fill('[data-field=areas] [data-field=name] input', '望城村')
    await send(page)
    await page.waitForSelector('.chips button:has-text("望城村")')
    await press(page, '划转')
    await tree(page, '[data-field=parent]', DISTRICT, DISTRICT)
    await send(page)
    await page.waitForSelector('.told li')
    await send(page)
    await page.waitForSelector('.card button.link:has-text("新建区")')

    // a playbook: broken, with file and line; mended; tried; in force; back
    await page.goto(`${ORIGIN}/admin/playbooks`)
    await page.waitForSelector('.admin-row')
    await t.shot(page, 'admin-playbooks')
    await t.accessible(page, 'playbooks')
    await page.click('button:has-text("检查新版")')
    const raised = (n, text) => (n === 'playbook.yaml' ? text.replace('version: 1\n', 'version: 2\n') : text)
    const broken = files((n, text) => (n === 'playbook.yaml' ? text.replace('version: 1\n', 'version: one\n') : text))
    const line = fs.readFileSync(new URL('playbook.yaml', BOOK), 'utf8').split('\n').indexOf('version: 1') + 1
    await page.setInputFiles('#files', broken)
    await page.waitForSelector(`.complaints li:has-text("playbook.yaml 第${line}行")`)
    await t.shot(page, 'admin-playbook-wrong')
    await t.accessible(page, 'a broken playbook')
    await page.setInputFiles('#files', files((n, text) => text))
    await page.waitForSelector('.error:has-text("已经装入过")')
    await page.setInputFiles('#files', files(raised))
    await page.click('button:has-text("试算")')
    await page.waitForSelector('button:has-text("启用第2版")')
    assert.match(await page.innerText('main'), /在办\d+件都按原版接着办/)
    await t.shot(page, 'admin-playbook-dry')
    await t.accessible(page, 'a dry run')
    await page.click('button:has-text("启用第2版")')
    await page.click('a:has-text("看各版")')
    await page.waitForSelector('tr:has-text("第2版"):has-text("正在用")')
    await page.waitForSelector('.flow li')
    const open = Number(await page.innerText('tr:has-text("第1版") td.n'))
    assert.ok(open >= 1, 'the cases stand on the version they began with')
    await t.shot(page, 'admin-playbook')
    await t.accessible(page, 'a playbook')
    await page.click('tr:has-text("第1版") button:has-text("改用这一版")')
    await page.click('button:has-text("确认改用第1版")')
    await page.waitForSelector('tr:has-text("第1版"):has-text("正在用")')
    assert.equal(Number(await page.innerText('tr:has-text("第1版") td.n')), open)

    // on a phone, in the dark
    for (const [at, ready] of [['/admin', '.admin-cards'], ['/admin/areas', '.story'], ['/admin/orgs', '.admin-row'],
        ['/admin/accounts', '.admin-row'], ['/admin/playbooks/dispute', '.flow']]) {
        const phone = await t.phone('admin', at, { colorScheme: 'dark' })
        await phone.waitForSelector(ready)
        await t.shot(phone, `phone${at.replaceAll('/', '-')}`)
        await t.accessible(phone, `${at} on a phone`)
        const wide = await phone.evaluate(() => document.documentElement.scrollWidth > innerWidth)
        assert.ok(!wide, `${at} is wider than the phone`)
        await phone.context().close()
    }
})
