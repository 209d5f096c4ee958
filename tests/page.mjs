// The page in a browser: log in, settle one on the spot on a phone, find it, read what happened to it.
// page.mjs PORT LOGIN PASSWORD FOLDER: prints one JSON line for tests/from_outside_page.py.
import { createRequire } from 'node:module'
const { chromium } = createRequire(new URL('../ui/', import.meta.url))('playwright-core')

const [port, login, password, folder] = process.argv.slice(2)
const ORIGIN = `http://127.0.0.1:${port}`
const seen = { taps: 0, foreign: [], complaints: [], scripts: 0, bytes: 0 }
const browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
        '--disable-component-update', '--disable-sync'],
})

async function open(viewport, extra) {
    const context = await browser.newContext({ viewport, locale: 'zh-CN', timezoneId: 'Asia/Shanghai', ...extra })
    const page = await context.newPage()
    page.setDefaultTimeout(15000)
    page.on('request', (r) => r.url().startsWith(ORIGIN) || seen.foreign.push(r.url()))
    page.on('console', (m) => ['error', 'warning'].includes(m.type()) && seen.complaints.push(m.text()))
    page.on('pageerror', (e) => seen.complaints.push(String(e)))
    return page
}

async function logIn(page, who = login) {
    await page.fill('#login', who)
    await page.fill('#password', password)
    await page.click('.login button.main')
}

const shot = (page, name) => page.screenshot({ path: `${folder}/${name}.png`, fullPage: true })

async function tap(page, where) {
    seen.taps++
    await page.locator(where).first().tap()
}

// Only what the finger does is counted; typing goes where the cursor already is.
async function settle(page) {
    await tap(page, '.ways button:has-text("当场化解")')
    await page.waitForSelector('textarea:focus')
    await page.keyboard.type('楼上漏水，两家吵起来，当场说好由楼上修')
    await tap(page, '#f-place')
    await page.keyboard.type('一村3栋2单元')
    await tap(page, '[data-field=result] button:text-is("当场和解")')
    await shot(page, 'phone-form')
    await tap(page, 'form .stick button.main')
    await page.waitForSelector('.done strong')
    seen.number = await page.textContent('.done strong')
    await shot(page, 'phone-done')
}

const wide = (page) => page.evaluate(() => document.documentElement.scrollWidth)

async function smallTargets(page) {
    return page.$$eval('main button:not(.link), main input, main select, main textarea, main a', (all) =>
        all.filter((x) => x.offsetParent && x.getBoundingClientRect().height < 47.5)
            .map((x) => x.outerHTML.slice(0, 90)))
}

async function onThePhone() {
    const page = await open({ width: 360, height: 740 }, { hasTouch: true, isMobile: true, deviceScaleFactor: 2 })
    page.on('response', async (r) => {
        if (r.url().includes('/assets/')) seen.bytes += Number(await r.headerValue('content-length'))
    })
    await page.goto(ORIGIN)
    await page.waitForSelector('#login')
    await shot(page, 'phone-login')
    await page.fill('#login', login)
    await page.fill('#password', 'not-this-one')
    await page.click('.login button.main')
    seen.refused = await page.textContent('.login .error')
    await logIn(page)
    await page.waitForSelector('.ways')
    await settle(page)
    seen.small = await smallTargets(page)
    await page.click('.done button:has-text("回列表")')
    await page.selectOption('select[aria-label="在办或办结"]', 'all')
    await page.waitForSelector(`.item:has-text("${seen.number}")`)
    await shot(page, 'phone-list')
    seen.wide = [await wide(page)]
    seen.small.push(...(await smallTargets(page)))
    await page.click(`.item:has-text("${seen.number}")`)
    await page.waitForSelector('.story li')
    seen.story = await page.$$eval('.story li', (all) => all.map((x) => x.innerText))
    seen.wide.push(await wide(page))
    await shot(page, 'phone-matter')
    await page.emulateMedia({ colorScheme: 'dark' })
    await shot(page, 'phone-dark')
    await page.context().close()
}

// What is wrong is told at the field; what was typed outlives the session.
async function atTheDesk() {
    const page = await open({ width: 1366, height: 768 })
    await page.goto(ORIGIN)
    await logIn(page)
    await page.click('.ways button:has-text("上报")')
    await page.click('form .stick button.main')
    seen.atField = await page.textContent('[data-field=summary] .error')
    await page.fill('#f-summary', '宅基地边界争执，等着再登录')
    await page.fill('#f-place', '一村15号')
    await page.click('[data-field=result] button:text-is("没谈成")')
    await page.context().clearCookies()
    await page.click('form .stick button.main')
    await page.waitForSelector('.over #login')
    await logIn(page)
    await page.waitForSelector('.over', { state: 'detached' })
    seen.kept = await page.inputValue('#f-summary')
    await page.click('form .stick button.main')
    await page.waitForSelector('.done strong')
    seen.second = await page.textContent('.done strong')
    await page.click('nav a:has-text("办件")')
    await page.waitForSelector(`.item:has-text("${seen.second}")`)
    await shot(page, 'desk-list')
    await page.fill('input[type=search]', '没有这样的词')
    await page.waitForSelector('text=没有找到')
    await page.context().close()
}

async function theFigures() {
    const page = await open({ width: 1366, height: 768 })
    await page.goto(`${ORIGIN}/figures`)
    await logIn(page, 'leader')
    await page.waitForSelector('#sentence')
    await page.selectOption('select[aria-label="怎么分"]', 'area')
    await page.click('form .bar button.main')
    await page.waitForSelector('td:has-text("新建区")')
    seen.sentence = await page.textContent('#sentence')
    await shot(page, 'desk-figures')
    await page.click('nav button:has-text("EN")')
    await page.waitForSelector('nav a:has-text("Figures")')
    await page.context().close()
}

// The longest form: every kind of field, drawn from the playbook.
async function theLongForm() {
    const page = await open({ width: 1366, height: 768 })
    await page.goto(ORIGIN)
    await logIn(page, 'mediator')
    await page.click('.ways button:has-text("登记并受理")')
    await page.waitForSelector('[data-field=applicant]')
    await page.fill('#f-applicant', '赵六')
    await page.waitForSelector('#f-applicant-2')
    seen.hiddenFirst = await page.locator('[data-field=warning_level]').count()
    await page.click('[data-field=colour] button:has-text("红")')
    await page.waitForSelector('[data-field=warning_level]')
    await shot(page, 'desk-form')
    await page.context().close()
}

// Who may look sees the details of a person after saying what for, and the look is told in the history.
async function aLook() {
    const page = await open({ width: 1366, height: 768 })
    await page.goto(`${ORIGIN}/m/${process.argv[6]}`)
    await logIn(page, 'centre')
    await page.waitForSelector('dd button.look')
    seen.masked = await page.innerText('dl.facts')
    await shot(page, 'desk-matter')
    await page.click('dd button.look')
    await page.fill('#purpose', '联系当事人回访')
    await page.click('form.look button.main')
    await page.waitForSelector('dd button.look', { state: 'detached' })
    seen.plain = await page.innerText('dl.facts')
    await page.waitForSelector('.story li:nth-child(2)')
    seen.looked = await page.innerText('.story li:nth-child(2)')
    await page.click('button:has-text("批注"), summary:has-text("批注")')
    await page.click('.chips button:text-is("批注")')
    await page.fill('#f-text', '已电话联系')
    await page.click('form .stick button.main')
    await page.waitForSelector('.story li:nth-child(3):has-text("已电话联系")')
    await page.context().close()
}

try {
    await onThePhone()
    await atTheDesk()
    await theFigures()
    await theLongForm()
    await aLook()
} finally {
    await browser.close()
}
console.log(JSON.stringify(seen))
