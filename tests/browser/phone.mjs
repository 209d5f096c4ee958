// The phone in a real browser: taps counted, no network, a bad network, a killed browser.
// phone.mjs PORT PASSWORD FOLDER DATABASE: prints one JSON line for tests/from_outside_phone.py.
import { readdirSync, readFileSync } from 'node:fs'
import { execFileSync } from 'node:child_process'
import { createRequire } from 'node:module'
import path from 'node:path'
import { Network } from './proxy.mjs'

const ui = new URL('../../ui/', import.meta.url)
const { chromium } = createRequire(ui)('playwright-core')
const [port, password, folder, db] = process.argv.slice(2)
const PHONE = {
    viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2,
    locale: 'zh-CN', timezoneId: 'Asia/Shanghai',
}
const ARGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync']
const API = `http://127.0.0.1:${port}/api`
const seen = { taps: {}, wide: [], small: [], complaints: [], foreign: [] }
let net
let taps = 0

// ---- the browser ----

let profiles = 0
let userDir

async function launch(again = false, init) {
    if (!again) userDir = path.join(folder, `profile${++profiles}`)
    const how = { executablePath: '/usr/bin/chromium', args: ARGS, ...PHONE }
    const context = await chromium.launchPersistentContext(userDir, how)
    context.setDefaultTimeout(20000)
    if (init) await context.addInitScript(init)
    const page = context.pages()[0] ?? (await context.newPage())
    page.on('pageerror', (e) => seen.complaints.push(String(e)))
    page.on('console', (m) => /Content.Security.Policy/.test(m.text()) && seen.complaints.push(m.text()))
    const foreign = (url) => /^https?:/.test(url) && !url.startsWith(net.origin)
    context.on('request', (r) => foreign(r.url()) && seen.foreign.push(r.url()))
    return { context, page }
}

// SIGKILL to all processes of this profile, as a phone does that needs the memory.
function kill() {
    for (const pid of readdirSync('/proc').filter((x) => /^\d+$/.test(x))) {
        try {
            if (readFileSync(`/proc/${pid}/cmdline`, 'utf-8').includes(userDir)) process.kill(Number(pid), 'SIGKILL')
        } catch {
            // gone already
        }
    }
}

async function logIn(page, who) {
    await page.fill('#login', who)
    await page.fill('#password', password)
    await page.click('.login button.main')
    await page.waitForSelector('.login', { state: 'detached' })
}

const shot = (page, name) => page.screenshot({ path: path.join(folder, `${name}.png`), fullPage: true })
const ready = (page) => page.evaluate(() => navigator.serviceWorker.ready.then(() => true))

// Only what the finger does is counted; typing goes where the cursor already is.
async function tap(page, where) {
    taps++
    await page.locator(where).first().tap()
}

async function measure(page) {
    seen.wide.push(await page.evaluate(() => document.documentElement.scrollWidth))
    const targets = 'main button:not(.link), main input:not([type=file]), main textarea, .foot a, .outbox a'
    const small = await page.$$eval(targets, (all) =>
        all.filter((x) => x.offsetParent && x.getBoundingClientRect().height < 47.5)
            .map((x) => x.outerHTML.slice(0, 90)))
    seen.small.push(...small)
}

// The page's policy forbids what waitForFunction does: ask again and again instead.
async function until(page, fn, arg, ms = 20000) {
    for (const end = Date.now() + ms; ; await new Promise((yes) => setTimeout(yes, 100))) {
        const got = await page.evaluate(fn, arg).catch(() => undefined) // between two pages
        if (got) return got
        if (Date.now() < end) continue
        throw new Error(`never true: ${fn} ${arg ?? ''}, the bar: ${await bar(page).catch(() => '')}`)
    }
}

const bar = (page) => page.innerText('.outbox')
const waits = (page, n) => until(page, (k) => document.querySelector('.outbox')?.innerText.includes(`${k}件待上传`), n)
const empty = () => !/待上传|要您处理|没有存下/.test(document.querySelector('.outbox')?.innerText ?? '待上传')
const idle = (page, ms = 60000) => until(page, empty, undefined, ms)

// ---- taps ----

async function report(page, text, place, answer) {
    taps = 0
    await tap(page, '.foot a:has-text("上报")')
    await page.waitForSelector('textarea:focus')
    await page.keyboard.type(text)
    await tap(page, '#f-place')
    await page.keyboard.type(place)
    await tap(page, `.big button:has-text("${answer}")`)
    await tap(page, '.stick button.main')
    await page.waitForSelector('.done h1:has-text("已上报")')
    return taps
}

async function onTheSpot() {
    const { context, page } = await launch()
    await page.goto(`${net.origin}/mine`)
    await page.click('a:has-text("登录")')
    await logIn(page, 'grid')
    seen.taps.report = await report(page, '两家为屋檐滴水争吵，没有谈拢', '一村8号', '没解决')
    await measure(page)
    await shot(page, 'phone-sent')
    seen.taps.settle = await report(page, '楼上漏水到楼下，两家吵起来，当场说好由楼上修', '一村3栋2单元', '已当场解决')
    seen.number = await page.textContent('.done strong')
    await page.tap('.foot a:has-text("我的件")')
    await page.waitForSelector(`text=${seen.number}`)
    await measure(page)
    await shot(page, 'phone-mine')
    await page.tap('.foot a:has-text("上报")')
    await page.waitForSelector('textarea:focus')
    await page.keyboard.type('楼上漏水到楼下，两家又吵起来')
    await page.waitForSelector('.dup .card')
    seen.suggested = await page.$$eval('[data-field=type] .chips button', (all) => all.map((x) => x.innerText))
    seen.last = await page.$$eval('.last button', (all) => all.map((x) => x.innerText))
    await measure(page)
    await shot(page, 'phone-entry')
    await page.emulateMedia({ colorScheme: 'dark' })
    await shot(page, 'phone-entry-dark')
    await page.emulateMedia({ colorScheme: 'light' })
    // what is missing is told where it is, and the draft is there after a reload
    await page.tap('.stick button.main')
    seen.missing = await page.$$eval('.entry .error', (all) => all.map((x) => x.closest('.field')?.dataset.field))
    await page.waitForTimeout(700)
    await page.reload()
    await until(page, () => document.querySelector('textarea')?.value.includes('又吵起来'))
    await page.waitForSelector('.dup .card')
    await page.tap('.dup button:has-text("就是这件")')
    await page.waitForSelector('.done h1:has-text("已上报")')
    await context.close()
}

// ---- twelve without a network ----

// A picture that the browser itself draws, so that it is a real one.
async function picture(page, n) {
    const bytes = await page.evaluate(async (k) => {
        const c = document.createElement('canvas')
        c.width = c.height = 200
        const g = c.getContext('2d')
        g.fillStyle = `hsl(${k * 30} 80% 50%)`
        g.fillRect(0, 0, 200, 200)
        const blob = await new Promise((yes) => c.toBlob(yes, 'image/png'))
        return [...new Uint8Array(await blob.arrayBuffer())]
    }, n)
    return { name: `照片${n}.png`, mimeType: 'image/png', buffer: Buffer.from(bytes) }
}

async function enter(page, n, { photo = true, text = `第${n}件：两家为水沟争吵` } = {}) {
    await page.goto(`${net.origin}/new`)
    await page.waitForSelector('textarea')
    await page.fill('textarea', text)
    await page.fill('#f-place', `一村${n}号`)
    await page.click('.big button:has-text("没解决")')
    if (photo) {
        await page.setInputFiles('#f-photo', await picture(page, n))
        await page.waitForSelector('.shots img')
    }
    await page.click('.stick button.main')
    await page.waitForSelector('.done h1')
}

async function asked(who, url) {
    return (await fetch(API + url, { headers: await session(who) })).json()
}

async function records(who = 'centre') {
    return (await asked(who, '/records?type=dispute.dispute&limit=200&open=true')).rows
}

const sessions = {}
async function session(who) {
    if (!sessions[who]) {
        const body = JSON.stringify({ login: who, password })
        const headers = { 'content-type': 'application/json' }
        const got = await fetch(`${API}/session`, { method: 'POST', body, headers })
        const me = await got.json()
        sessions[who] = { cookie: got.headers.get('set-cookie').split(';')[0], 'x-csrf-token': me.csrf }
    }
    return sessions[who]
}

async function twelve() {
    let { context, page } = await launch()
    await page.goto(net.origin)
    await logIn(page, 'grid')
    await page.goto(`${net.origin}/new`)
    await page.waitForSelector('textarea')
    await ready(page)
    await page.goto(`${net.origin}/mine`)
    await page.waitForSelector('h2:has-text("本辖区在办")')
    await page.waitForTimeout(1500)
    net.goDown(true)
    for (let n = 1; n <= 12; n++) await enter(page, n)
    await waits(page, 12)
    seen.barOffline = await bar(page)
    await shot(page, 'phone-offline')
    kill()
    await context.close().catch(() => undefined)

    ;({ context, page } = await launch(true))
    await page.goto(`${net.origin}/mine`)
    await waits(page, 12)
    await page.locator('.out:has-text("两家为水沟争吵")').nth(11).waitFor() // the list comes behind the bar
    seen.afterKill = await page.locator('.out:has-text("两家为水沟争吵")').count()
    await page.waitForSelector('h2:has-text("本辖区在办") + ul li')
    seen.ownOffline = await page.locator('h2:has-text("本辖区在办") + ul li').count()
    await shot(page, 'phone-waiting')
    await page.click('li:has-text("第5件") button:has-text("改")')
    await until(page, () => document.querySelector('textarea')?.value.startsWith('第5件'))
    await page.locator('.shots img').first().waitFor() // it is opened first
    seen.photoInEdit = await page.locator('.shots img').count()
    await page.fill('textarea', '第5件：改过了，两家为水沟争吵')
    await page.click('.stick button.main')
    await page.waitForSelector('.done h1')
    await waits(page, 12)
    // the cookie went with the browser: what waits says so, and goes when its person has logged in
    net.goDown(false)
    await page.goto(`${net.origin}/mine`)
    await until(page, () => document.querySelector('.outbox').innerText.includes('登录后上传'))
    // where it leads is the log-in; a page that found out by itself may be drawing it already
    await page.click('main a:has-text("登录后上传")', { timeout: 5000 }).catch(() => page.goto(`${net.origin}/`))
    await page.waitForSelector('#login')
    await page.fill('#login', 'grid')
    await page.fill('#password', password)
    await page.click('.login button.main')
    Object.assign(net, { loss: 0.3, twice: true })
    await idle(page, 120000)
    Object.assign(net, { loss: 0, twice: false })
    seen.network = { ...net.seen }
    const mine = (await records()).filter((r) => /^第\d+件/.test(r.title))
    seen.twelve = mine.map((r) => r.title).sort()
    const photos = []
    for (const r of mine) {
        const full = await asked('centre', `/records/${r.id}`)
        photos.push(full.fields.photo?.length ?? 0)
    }
    seen.photos = photos
    seen.left = await page.evaluate(left)
    return { context, page }
}

// What still lies on the phone, and whether anything of it is readable there.
async function left() {
    const db = await new Promise((yes) => (indexedDB.open('bihuan').onsuccess = (e) => yes(e.target.result)))
    const all = (store) => new Promise((yes) => {
        db.transaction(store).objectStore(store).getAll().onsuccess = (e) => yes(e.target.result)
    })
    const outbox = await all('outbox')
    const key = (await all('misc')).find((x) => x.key === 'key').value
    const open = outbox.filter((x) => x.state !== 'done').length
    return { photos: (await all('photo')).length, open, files: outbox.flatMap((x) => x.files).length,
        text: JSON.stringify(outbox).includes('水沟'), extractable: key.extractable }
}

// ---- another build of the page in between ----

// The new build has come whole and serves: its cache is there before its files are.
const settled = (page) => until(page, async () => {
    const r = await navigator.serviceWorker.getRegistration()
    return r && !r.installing && !r.waiting && r.active?.state === 'activated' && (await caches.keys()).length === 2
})

async function upgrade(page) {
    net.goDown(true)
    await enter(page, 21, { text: '旧页面存的一件' })
    await waits(page, 1)
    net.page = path.join(folder, 'second')
    net.goDown(false)
    net.down = false
    // the API is away, the page is not: what waits must come through the change
    const api = net.target
    net.target = 1
    await page.goto(`${net.origin}/mine`)
    seen.build = await until(page, () => globalThis.bihuanBuild)
    await settled(page)
    await waits(page, 1)
    net.target = api
    await page.goto(`${net.origin}/mine`)
    await idle(page)
    // an interrupted sending waits a while before it is tried again
    for (let i = 0; i < 160 && !seen.upgraded; i++) {
        if (i) await page.waitForTimeout(250)
        seen.upgraded = (await records()).filter((r) => r.title === '旧页面存的一件').length
    }
    await settled(page)
    net.goDown(true)
    await page.goto(`${net.origin}/new`)
    seen.buildOffline = await until(page, () => globalThis.bihuanBuild)
    net.page = ''
    net.goDown(false)
}

// ---- the clock of the phone, a day off; the account, closed; the device, full ----

const shifted = (ms) => `{
    const Real = Date
    globalThis.Date = class extends Real {
        constructor(...a) { a.length ? super(...a) : super(Real.now() + ${ms}) }
        static now() { return Real.now() + ${ms} }
    }
}`

async function clockOff(ms, name) {
    const { context, page } = await launch(false, shifted(ms))
    await page.goto(net.origin)
    await logIn(page, 'grid')
    await enter(page, 31, { photo: false, text: `时钟不准的一件${name}` })
    await idle(page)
    const r = (await records()).find((x) => x.title === `时钟不准的一件${name}`)
    const events = await asked('centre', `/records/${r.id}/events`)
    const body = JSON.parse(events.rows[0].body)
    await context.close()
    return { off: Math.abs(body.at - body.recorded), skew: body.in.$skew }
}

async function closed() {
    const { context, page } = await launch()
    await page.goto(net.origin)
    await logIn(page, 'gridonly')
    await page.goto(`${net.origin}/new`)
    await page.waitForSelector('textarea')
    await ready(page)
    await page.waitForTimeout(1000)
    net.goDown(true)
    await enter(page, 41, { text: '账号停用前存的一件' })
    await waits(page, 1)
    await endSessions('gridonly')
    execFileSync('python3', ['-c', NO_LOGIN, db, 'gridonly'])
    net.goDown(false)
    await page.goto(`${net.origin}/mine`)
    await page.waitForSelector('button:has-text("导出成文件")')
    await waits(page, 1)
    seen.closedBar = await bar(page)
    await shot(page, 'phone-closed')
    const [download] = await Promise.all([page.waitForEvent('download'), page.click('button:has-text("导出成文件")')])
    const file = JSON.parse(readFileSync(await download.path(), 'utf-8'))
    seen.exported = [file.items.length, file.items[0].body.fields.summary, file.items[0].files[0].base64.length > 100]
    await context.close()
}

// What closing an account does to its log-in.
const NO_LOGIN = `
import sqlite3, sys
c = sqlite3.connect(sys.argv[1], timeout=20)
c.execute("DELETE FROM credential WHERE account IN"
          " (SELECT r.id FROM record r JOIN account_login l ON l.rid = r.rid WHERE l.login = ?)", (sys.argv[2],))
c.commit()`

async function endSessions(who) {
    const head = await session(who)
    const { rows } = await asked(who, '/sessions')
    for (const r of rows.filter((x) => !x.current))
        await fetch(`${API}/sessions/${r.key}`, { method: 'DELETE', headers: head })
}

async function full() {
    const { context, page } = await launch()
    const cdp = await context.newCDPSession(page)
    await cdp.send('Storage.overrideQuotaForOrigin', { origin: net.origin, quotaSize: 1 }) // before anything was kept
    await page.goto(net.origin)
    await logIn(page, 'grid')
    await page.tap('.foot a:has-text("上报")')
    await page.waitForSelector('textarea:focus')
    net.goDown(true)
    await page.fill('textarea', '手机满了时报的一件')
    await page.fill('#f-place', '一村51号')
    await page.click('.big button:has-text("没解决")')
    await page.setInputFiles('#f-photo', await picture(page, 51))
    await page.waitForSelector('.shots img')
    await page.click('.stick button.main')
    await page.waitForSelector('.outbox .bad')
    seen.fullBar = await bar(page)
    await shot(page, 'phone-full')
    net.goDown(false)
    await idle(page, 90000)
    seen.full = (await records()).filter((r) => r.title === '手机满了时报的一件').length
    await context.close()
}

net = await new Network(Number(port)).start()
try {
    await onTheSpot()
    const { context, page } = await twelve()
    await upgrade(page)
    await context.close()
    seen.ahead = await clockOff(86400000, '（快一天）')
    seen.behind = await clockOff(-86400000, '（慢一天）')
    await full()
    await closed()
} finally {
    kill()
    net.stop()
}
console.log(JSON.stringify(seen))
process.exit(0)
