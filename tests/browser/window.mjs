// The desk at the window, by keyboard alone: window.mjs PORT PASSWORD SHOTS.  Prints what was seen.
import { createRequire } from 'node:module'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '../..')
const { chromium } = createRequire(path.join(root, 'ui/package.json'))('playwright-core')
const [port, password, shots] = process.argv.slice(2)
const ORIGIN = `http://127.0.0.1:${port}`
const seen = { foreign: [], complaints: [], keys: 0 }
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] })
const context = await browser.newContext({
    viewport: { width: 1366, height: 768 }, locale: 'zh-CN', timezoneId: 'Asia/Shanghai',
    serviceWorkers: 'block', // what it fetches cannot be made late
})
const page = await context.newPage()
page.on('request', (r) => r.url().startsWith(ORIGIN) || r.url().startsWith('blob:') || seen.foreign.push(r.url()))
page.on('console', (m) => m.type() === 'error' && seen.complaints.push(m.text()))
page.on('pageerror', (e) => seen.complaints.push(String(e)))
await page.addInitScript(() => {
    window.printed = 0
    window.print = () => window.printed++
    window.open = (url) => (window.opened = url) // a tab before this one would take the keys
    window.clicks = 0
    window.addEventListener('pointerdown', () => window.clicks++, true)
})

async function key(k) {
    seen.keys++
    await page.keyboard.press(k)
}

const type = (s) => page.keyboard.insertText(s)
const focused = () => page.evaluate(() => document.activeElement?.id ?? '')

// waitForFunction would need eval, which the policy of the page refuses
async function until(what, arg) {
    for (let i = 0; i < 600; i++) {
        if (await page.evaluate(what, arg)) return
        await page.waitForTimeout(50)
    }
    throw new Error(`never: ${what}`)
}

async function focus(id) {
    await until((x) => document.activeElement?.id === x, id)
}

// what draws the area tree comes late: the keys go on all the same
await page.route(/\/AreaTree[^/]*\.js$/, async (route) => {
    await new Promise((r) => setTimeout(r, 2000))
    seen.late = true
    await route.continue()
})

try {
    await page.goto(`${ORIGIN}/window`)
    await page.waitForSelector('#login')
    await page.fill('#login', 'desk')
    await page.fill('#password', password)
    await page.keyboard.press('Enter')
    await focus('w-summary')

    // what is missing is told at its field, and nothing is sent
    await type('隔壁装修每天早上六点开始，吵得睡不着')
    await key('Enter')
    await focus('w-place')
    await type('一村3栋2单元')
    await key('Enter')
    // the village is asked, not guessed; the three answers are those of the one-screen entry that this account may give
    await focus('w-area')
    await type('一村')
    await page.waitForSelector('.el-tree-node:visible:has-text("一村")')
    // a slow machine draws the tree again after the words: one key for who sees it, pressed until it is taken
    seen.keys++
    const taken = () => {
        const at = document.activeElement
        return at?.matches('.el-tree-node') && at.textContent.includes('一村')
    }
    for (let i = 0; i < 60 && !(await page.evaluate(taken)); i++) {
        await page.keyboard.press('ArrowDown')
        await page.waitForTimeout(250)
    }
    await key('Enter')
    await until(() => document.activeElement?.getAttribute('role') === 'radiogroup')
    seen.choices = await page.$$eval('[data-field=quick] [role=radio]', (all) => all.map((x) => x.textContent.trim()))
    await key('1')
    await focus('w-contact_person')
    await type('王五')
    await key('Tab')
    await type('13911112222')
    await page.screenshot({ path: path.join(shots, 'window.png') })
    await key('Enter')
    await page.waitForSelector('.done h1')
    seen.number = (await page.textContent('.done h1')).trim()
    seen.digits = (await page.textContent('.big')).trim()
    seen.area = await page.evaluate(async (number) => {
        const found = await fetch(`/api/records?type=dispute.dispute&search=${number}`)
        return (await found.json()).rows[0].area
    }, seen.number.replace(/\D*(\d\w+)$/, '$1'))
    await key('p')
    await until(() => window.printed === 1)
    seen.slip = await page.$eval('.slip', (x) => x.textContent)
    seen.qr = await page.locator('.slip svg path').count()
    seen.register = seen.keys
    await page.waitForSelector('.prints li')
    seen.forms = await page.$$eval('.prints li span', (all) => all.map((x) => x.textContent))
    await page.screenshot({ path: path.join(shots, 'window-done.png') })
    await page.emulateMedia({ media: 'print' })
    seen.onPaper = await page.evaluate(() => document.body.innerText)
    await page.screenshot({ path: path.join(shots, 'window-slip.png') })
    await page.emulateMedia({ media: 'screen' })

    // a form to take along
    const paper = page.waitForResponse((r) => r.url().includes('/documents/'))
    await page.focus('.prints li button')
    await page.keyboard.press('Enter')
    seen.paper = await (await paper).headerValue('content-type')
    await until(() => window.opened?.startsWith('blob:'))

    // somebody who lost the slip: found and chosen
    seen.keys = 0
    await key('F2')
    await focus('old')
    await type(seen.number.replace(/\D*(\d.*)$/, '$1'))
    await key('Enter')
    await page.waitForSelector('.found button')
    await until(() => document.activeElement?.closest('.found'))
    await key('1')
    await page.waitForSelector('.done h1')
    seen.old = seen.keys
    await key('p')
    await until(() => window.printed === 2)
    seen.again = (await page.textContent('.big')).trim()

    // and by the telephone of who stands there
    await key('F2')
    await focus('old')
    await type('139 1111 2222')
    await key('Enter')
    await page.waitForSelector('.found button')
    seen.byPhone = await page.innerText('.found')
    await key('1')
    await page.waitForSelector('.done h1')

    // the wrong way: nothing is sent without what is needed
    await key('n')
    await focus('w-summary')
    for (const k of ['Enter', 'Enter', 'Tab', 'Enter', 'Enter']) {
        await page.keyboard.press(k)
        await page.waitForTimeout(50)
    }
    await page.waitForSelector('[data-field=summary] .error')
    seen.back = await focused()
    seen.clicks = await page.evaluate(() => window.clicks)
} finally {
    await browser.close()
}
console.log(JSON.stringify(seen))
