// What the browser tests share.  A file beside this one is one flow:
//
//   import { flow } from './harness.mjs'
//   await flow(async (t) => { const page = await t.desk('desk'); … })
//
// It is run by tests/from_outside_page.py with the environment below, prints one JSON line, and fails when
// something was not as it should be, when a budget was exceeded, when the page asked another host, or when the
// browser complained (a policy, an error of a script).
//   BIHUAN_PORT, BIHUAN_PASSWORD   the server, and the password of all its accounts
//   BIHUAN_WORLD                   JSON: areas, units, matters that were made for the flows, program and database
//   BIHUAN_SHOTS                   folder for pictures; none: no pictures
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import readline from 'node:readline'

const need = createRequire(new URL('../../ui/', import.meta.url))
const { chromium } = need('playwright-core')

const env = process.env
export let ORIGIN = `http://127.0.0.1:${env.BIHUAN_PORT}`
export const PASSWORD = env.BIHUAN_PASSWORD ?? ''
export const WORLD = JSON.parse(env.BIHUAN_WORLD ?? '{}')

const DESK = { viewport: { width: 1366, height: 768 } }
const PHONE = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 }
const QUIET = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync']
// The browser itself reports these; the flows ask for them on purpose.
const ASKED_FOR = /status of (400|401|403|404|409|422|429)/
const AWAY = /ERR_(INTERNET_DISCONNECTED|CONNECTION_REFUSED|CONNECTION_RESET|EMPTY_RESPONSE|INCOMPLETE_CHUNKED)/

/* One account over the API, for what a flow needs but does not show. */
export class Api {
    async logIn(login) {
        const reply = await fetch(`${ORIGIN}/api/session`, {
            method: 'POST', headers: { 'Content-Type': 'application/json' },
            body: JSON.stringify({ login, password: PASSWORD }),
        })
        assert.equal(reply.status, 200, `log-in of ${login}`)
        this.cookie = reply.headers.get('set-cookie').split(';')[0]
        this.me = await reply.json()
        return this
    }

    async ask(method, url, body) {
        const headers = { Cookie: this.cookie, 'X-CSRF-Token': this.me.csrf, 'Accept-Language': 'zh-CN' }
        if (body) headers['Content-Type'] = 'application/json'
        const reply = await fetch(ORIGIN + url, { method, headers, body: body && JSON.stringify(body) })
        return { status: reply.status, body: await reply.json().catch(() => null) }
    }

    async get(url) {
        const { status, body } = await this.ask('GET', url)
        assert.equal(status, 200, `${url}: ${JSON.stringify(body)}`)
        return body
    }

    async open(type, action, area, fields) {
        const made = await this.ask('POST', '/api/records', { id: uuid7(), type, action, area, fields })
        assert.equal(made.status, 201, JSON.stringify(made.body))
        return made.body
    }

    async act(record, action, fields = {}) {
        const now = await this.get(`/api/records/${record}`)
        const body = { id: uuid7(), version: now.version, fields }
        const done = await this.ask('POST', `/api/records/${record}/actions/${action}`, body)
        assert.equal(done.status, 200, `${action}: ${JSON.stringify(done.body)}`)
        return done.body
    }
}

export const api = (login) => new Api().logIn(login)

/* For a flow that stops its server or moves its clock: a copy of the shared one, and everything in this file asks it
 * from then on.  It lives by the clock of a demonstration, which begins at a time that is given and goes on. */
class OwnServer {
    static async copy(clock) {
        const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'bihuan-'))
        const self = Object.assign(new OwnServer(), { folder, db: path.join(folder, 'own.db'), port: 0 })
        execFileSync(WORLD.bihuan, ['backup', path.join(folder, 'copy'), '--db', WORLD.db, '--with-key'])
        self.run('restore', path.join(folder, 'copy'))
        await self.start(clock)
        ORIGIN = `http://127.0.0.1:${self.port}`
        return self
    }

    get env() {
        return { ...env, BIHUAN_KEY: path.join(this.folder, 'own.key') }
    }

    run(...words) {
        execFileSync(WORLD.bihuan, [...words, '--db', this.db], { env: this.env })
    }

    async start(clock) {
        this.run('setting', 'demo.clock', clock)
        const words = ['serve', '--db', this.db, '--listen', `127.0.0.1:${this.port}`, '--demo-clock']
        this.process = spawn(WORLD.bihuan, words, { env: this.env, stdio: ['ignore', 'pipe', 'inherit'] })
        const [line] = await once(readline.createInterface({ input: this.process.stdout }), 'line')
        this.port = Number(new URL(line).port)
    }

    async stop() {
        const ended = once(this.process, 'exit')
        this.process.kill('SIGTERM')
        assert.deepEqual(await ended, [0, null], 'the server ends by itself')
    }

    async end() {
        if (this.process?.exitCode === null) await this.stop()
        fs.rmSync(this.folder, { recursive: true })
    }
}

export function uuid7() {
    const b = crypto.getRandomValues(new Uint8Array(16))
    let ms = Date.now()
    for (let i = 5; i >= 0; i--, ms = Math.floor(ms / 256)) b[i] = ms % 256
    b[6] = (b[6] & 15) | 0x70
    b[8] = (b[8] & 63) | 0x80
    return Buffer.from(b).toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}

// A matter whose two parties are to be called today; answers with its id.
export async function dueCall(what) {
    const [grid, desk, mediator] = [await api('grid'), await api('desk'), await api('mediator')]
    const today = desk.me.today
    const before = new Date(Date.parse(today) - 2 * 86400000).toISOString().slice(0, 10)
    const { id } = await grid.open('dispute', 'report', WORLD.village, {
        summary: what, place: { text: '一村8号' }, result: 'not_settled',
    })
    await desk.act(id, 'register', {
        type: '0202', source: 'grid', scale: '01', colour: 'yellow',
        applicant: [{ name: '欧阳小明', phone: '13812345678' }], respondent: [{ name: '李四', phone: '13912345678' }],
    })
    await desk.act(id, 'triage', { grade: 'ordinary', bar: 'none' })
    await mediator.act(id, 'accept', { consent: true, rights_told: true, identity_seen: true })
    await mediator.act(id, 'agree', {
        result: 'written', agreement: '改檐沟', performance: 'not_due', performance_date: before,
    })
    await mediator.act(id, 'take_effect', { signed: true, effective_on: today })
    return id
}

/* ---- hands on the page of one matter ---- */

// The button of an action, wherever it lies.
export async function actionButton(page, name) {
    const hasText = new RegExp(`^\\s*${name}\\s*$`)
    const all = page.locator('.steps button, .near button, details .chips button').filter({ hasText })
    await all.first().waitFor({ state: 'attached' })
    if (!(await all.first().isVisible())) await page.click('summary:has-text("批注")')
    return all.first()
}

// One choice of a field, by its word: a chip, or an option of its list.
export async function choose(page, field, word) {
    const box = page.locator(`[data-field=${field}]`)
    await box.locator('button, select, .el-select').first().waitFor()
    const chip = box.locator(`button:text-is("${word}")`)
    if (await chip.count()) return chip.click()
    const way = word.split('/')
    if (await box.locator('select').count()) {
        for (const part of way) await box.locator('select').last().selectOption({ label: part })
        return
    }
    await box.locator('.el-select').click()
    await page.keyboard.type(way.at(-1))
    await page.locator(`.el-tree-node__content:visible:has-text("${way.at(-1)}")`).last().click()
}

async function fillPerson(page, field, words) {
    const inputs = page.locator(`[data-field=${field}] input`)
    for (const [i, word] of words.entries()) await inputs.nth(i).fill(word)
}

export async function send(page) {
    await page.click('form .stick button.main')
    await page.waitForSelector('.done')
    await page.mouse.move(0, 0) // what lies under a hand is not moved by what others do
}

// A whole action: fields are words to choose, {text: what to type}, or {person: [name, telephone]}.
export async function act(page, name, fields = {}) {
    await (await actionButton(page, name)).click()
    for (const [field, what] of Object.entries(fields)) {
        if (field === 'part') await page.selectOption('#part', { label: what })
        else if (typeof what === 'string') await choose(page, field, what)
        else if (what.person) await fillPerson(page, field, what.person)
        else {
            await page.fill(`[data-field=${field}] input, [data-field=${field}] textarea`, what.text)
            await page.keyboard.press('Tab') // a calendar that opened closes again
        }
    }
    await send(page)
}

class Flow {
    constructor(browser, name) {
        const seen = { budgets: [], foreign: [], complaints: [], first: 0, loaded: false, away: false }
        Object.assign(this, { browser, name, server: null }, seen)
    }

    // A server of the flow's own, with what the shared one holds.
    async own(clock) {
        return (this.server = await OwnServer.copy(clock))
    }

    async page(options) {
        const context = await this.browser.newContext({ locale: 'zh-CN', timezoneId: 'Asia/Shanghai', ...options })
        const page = await context.newPage()
        page.setDefaultTimeout(15000)
        const own = (url) => url.startsWith(ORIGIN) || url.startsWith('blob:')
        page.on('request', (r) => own(r.url()) || this.foreign.push(r.url()))
        page.on('console', (m) => {
            const asked = ASKED_FOR.test(m.text()) || (this.away && AWAY.test(m.text()))
            if (['error', 'warning'].includes(m.type()) && !asked) this.complaints.push(m.text())
        })
        page.on('pageerror', (e) => this.complaints.push(String(e)))
        page.on('response', async (r) => {
            if (!r.url().includes('/assets/') || this.loaded) return
            this.first += Number((await r.headerValue('content-length').catch(() => 0)) ?? 0)
        })
        return page
    }

    // A page at a desk or on a phone, logged in, at an address.
    async desk(login, at = '/', options = {}) {
        return this.enter(await this.page({ ...DESK, ...options }), login, at)
    }

    async phone(login, at = '/', options = {}) {
        return this.enter(await this.page({ ...PHONE, ...options }), login, at)
    }

    // The network goes, or comes back; what the browser says of it is asked for from then on.
    async network(page, there) {
        this.away = true
        await page.context().setOffline(!there)
    }

    // The server goes; what the browser says of it is asked for from then on.
    async gone(server) {
        this.away = true
        await server.stop()
    }

    async enter(page, login, at) {
        await page.goto(ORIGIN + at)
        if (login) await this.logIn(page, login)
        return page
    }

    async logIn(page, login, password = PASSWORD) {
        await page.fill('#login', login)
        await page.fill('#password', password)
        await page.click('.login button.main')
        await page.waitForSelector('.login', { state: 'detached' })
        await page.waitForSelector('main > *')
        await this.still(page)
        this.loaded = true // what comes later is no first load
    }

    // What a hand does between begin and end is counted: taps (and clicks), keys that are no text.
    budget(name, limit) {
        const b = { name, used: 0, limit }
        this.budgets.push(b)
        return {
            tap: async (page, where) => {
                b.used++
                const at = typeof where === 'string' ? page.locator(where).first() : where
                await (page.context().hand === 'touch' ? at.tap() : at.click())
            },
            key: async (page, key) => {
                b.used++
                await page.keyboard.press(key)
            },
        }
    }

    // Nothing is being loaded any more (the event stream stays open, so the network is never idle).
    async still(page) {
        await page.waitForTimeout(150)
        await page.waitForFunction(() => !document.querySelector('[aria-busy="true"]'))
    }

    async shot(page, name) {
        if (!env.BIHUAN_SHOTS) return
        await this.still(page)
        await page.screenshot({ path: path.join(env.BIHUAN_SHOTS, `${name}.png`), fullPage: true })
    }

    // axe-core over the page as it stands, by all its rules or those named; what it calls serious or critical fails.
    async accessible(page, name, rules) {
        this.axe ??= fs.readFileSync(need.resolve('axe-core/axe.min.js'), 'utf8')
        if (!(await page.evaluate(() => !!window.axe))) await page.evaluate(this.axe)
        const how = { resultTypes: ['violations'], ...(rules && { runOnly: rules }) }
        const found = await page.evaluate((options) =>
            window.axe.run(document, options).then((r) =>
                r.violations.filter((v) => ['serious', 'critical'].includes(v.impact))
                    .map((v) => `${v.id}: ${v.nodes.slice(0, 3).map((n) => n.html.slice(0, 120)).join(' | ')}`)), how)
        assert.deepEqual(found, [], `axe-core on ${name}`)
    }

    finish() {
        for (const b of this.budgets)
            assert.ok(b.used <= b.limit, `${b.name}: ${b.used} taps or keys, at most ${b.limit}`)
        assert.deepEqual(this.foreign, [], 'asked another host')
        assert.deepEqual(this.complaints, [], 'the browser complains')
    }
}

export async function flow(fn) {
    const name = path.basename(process.argv[1], '.mjs')
    const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: QUIET })
    const t = new Flow(browser, name)
    let failed = null
    try {
        await fn(t)
        t.finish()
    } catch (e) {
        failed = e
        if (env.BIHUAN_SHOTS)
            for (const [i, c] of browser.contexts().entries())
                for (const p of c.pages()) {
                    const at = path.join(env.BIHUAN_SHOTS, `failed-${name}-${i}.png`)
                    await p.screenshot({ path: at }).catch(() => undefined)
                }
    }
    await browser.close()
    await t.server?.end()
    const why = failed && String(failed.stack ?? failed)
    console.log(JSON.stringify({ name, budgets: t.budgets, first: t.first, failed: why }))
    process.exit(failed ? 1 : 0)
}
