// A resident without an account on a small phone: resident.mjs PORT JSON SHOTS
// JSON: {token, digits, date, check}.  Prints what was seen as one line of JSON.
import { createRequire } from 'node:module'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '../..')
const { chromium } = createRequire(path.join(root, 'ui/package.json'))('playwright-core')
const [port, given, shots] = process.argv.slice(2)
const at = JSON.parse(given)
const ORIGIN = `http://127.0.0.1:${port}`
const seen = { foreign: [], complaints: [], bytes: 0, wide: [], small: [] }
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] })

async function open() {
    const context = await browser.newContext({
        viewport: { width: 320, height: 640 }, hasTouch: true, isMobile: true, locale: 'zh-CN',
        timezoneId: 'Asia/Shanghai',
    })
    const page = await context.newPage()
    page.on('request', (r) => r.url().startsWith(ORIGIN) || r.url().startsWith('blob:') || seen.foreign.push(r.url()))
    page.on('console', (m) => m.type() === 'error' && seen.complaints.push(m.text()))
    page.on('pageerror', (e) => seen.complaints.push(String(e)))
    page.on('response', async (r) => {
        if (/\/assets\/|\/r$/.test(r.url())) seen.bytes += Number(await r.headerValue('content-length'))
    })
    await page.addInitScript(() => {
        window.spoken = []
        window.speechSynthesis.speak = (u) => window.spoken.push(u.text)
    })
    return page
}

async function look(page, name) {
    await page.screenshot({ path: path.join(shots, `${name}.png`), fullPage: true })
    seen.wide.push(await page.evaluate(() => document.documentElement.scrollWidth))
    seen.small.push(...(await page.$$eval('button, input, a', (all) =>
        all.filter((x) => x.getBoundingClientRect().height < 47.5).map((x) => x.outerHTML.slice(0, 80)))))
}

try {
    // one scan: the address of the QR code and nothing else
    const page = await open()
    await page.goto(`${ORIGIN}/r#${at.token}`)
    await page.waitForSelector('dl')
    seen.head = await page.textContent('h1')
    seen.lines = await page.$$eval('dd', (all) => all.map((x) => x.textContent))
    seen.text = await page.innerText('main')
    seen.phone = await page.getAttribute('a[href^="tel:"]', 'href')
    await look(page, 'resident')
    await page.click('button.aloud')
    seen.spoken = await page.evaluate(() => window.spoken)
    await page.click('button:has-text("没有解决")')
    await page.waitForSelector('.said:has-text("重新办理")')
    seen.after = await page.textContent('h1')
    seen.buttonsAfter = await page.locator('.two button').count()
    await page.click('button.lang')
    await page.waitForSelector('dt:has-text("Where it is")')
    await page.context().close()

    // eight digits and the day
    const slip = await open()
    await slip.goto(`${ORIGIN}/r`)
    await slip.fill('#digits', '0000 0000')
    await slip.fill('#date', at.date)
    await slip.click('button.main')
    await slip.waitForSelector('.said[role=alert]:not(:empty)')
    seen.wrong = await slip.textContent('.said')
    await look(slip, 'resident-digits')
    await slip.fill('#digits', at.digits.replace(/(....)/, '$1 '))
    await slip.fill('#date', at.date)
    await slip.click('button.main')
    await slip.waitForSelector('dl')
    await slip.context().close()

    // the code at the foot of a paper
    const paper = await open()
    await paper.goto(`${ORIGIN}/v#${at.check}`)
    await paper.waitForSelector('h1.good')
    seen.checked = await paper.innerText('main')
    await look(paper, 'check')
    await paper.fill('#code', at.check.replace(/.$/, (c) => (c === '0' ? '1' : '0')))
    await paper.click('button.main')
    await paper.waitForSelector('h1:has-text("核验不通过")')
    await paper.context().close()
} finally {
    await browser.close()
}
console.log(JSON.stringify(seen))
