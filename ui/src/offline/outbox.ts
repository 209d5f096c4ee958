/* The outbox: every action of the phone goes in here first, in the order of its UUIDv7, and leaves only with the
 * program's receipt or by a person's decision.  What is in it is sealed (crypt.ts); with the receipt it goes, and
 * the number stays.  It belongs to an account and outlives the log-out, an upgrade of the page and lost rights. */
import { computed, reactive } from 'vue'
import { session, uuid7, whoAmI, type Problem } from '../api'
import { lang, t, type Words } from '../words'
import { openBytes, seal, sealBytes, secure, unseal, type Sealed } from './crypt'
import { read, readAll, write, type Write } from './store'

export interface OutFile {
    id: string // of the upload, made here: sent again it is kept once
    name: string
    blob?: Blob // before it is put away
    up?: number // when the program had it
}

/* What is sealed. */
export interface Content {
    title: string
    url: string
    body: Record<string, unknown> // without id, at, skew
    form?: unknown // as the page had it, to change it before it is sent
    frozen?: string // the request as it was first sent: sending again is the same request
    digits?: string // the resident's code, told once
    conflict?: Problem['conflict'] // both sides, when somebody else was quicker
}

export interface OutItem {
    id: string
    record: string // which it opens or acts on: later ones of the same record wait for earlier ones
    account: string
    who: string
    what: Words
    at: string // by this device's clock
    state: 'kept' | 'tried' | 'refused' | 'done'
    sealed?: Sealed
    files: OutFile[]
    problem?: Problem
    number?: string
    done?: string
}

const UPLOAD_LASTS = 20 * 3600 * 1000 // the program sweeps what nobody named for a day
const DONE_SHOWN = 7 * 86400 * 1000
const SKEW_LEAST = 60 * 1000 // the Date of an answer is a second wide, and the way takes time

export const box = reactive({
    items: [] as OutItem[],
    plain: {} as Record<string, Content>, // of the account that is logged in
    loaded: false,
    sending: false,
    away: false, // the last try found no network
    full: false, // the device had no room
    skew: 0, // server's clock less this device's, ms
})

/* What could not be put away, since the device is full or plain HTTP keeps nothing: lives with this window. */
const loose = new Map<string, { content: Content; blobs: Map<string, Blob> }>()

const mine = (x: OutItem) => x.account === session.me?.account
export const waiting = computed(() => box.items.filter((x) => x.state === 'kept' || x.state === 'tried'))
export const refused = computed(() => box.items.filter((x) => x.state === 'refused'))
export const unsaved = computed(() => waiting.value.filter((x) => loose.has(x.id)))

function byId(a: OutItem, b: OutItem): number {
    return a.id < b.id ? -1 : 1
}

function stored(x: OutItem): OutItem {
    const files = x.files.map((f) => ({ id: f.id, name: f.name, up: f.up }))
    const problem = x.problem && (JSON.parse(JSON.stringify(x.problem)) as Problem)
    return { ...x, what: { ...x.what }, files, problem }
}

async function save(x: OutItem, more: Write[] = []): Promise<void> {
    if (loose.has(x.id)) return
    await write([{ store: 'outbox', put: stored(x) }, ...more])
}

export async function content(x: OutItem): Promise<Content | undefined> {
    return loose.get(x.id)?.content ?? (x.sealed && (await unseal<Content>(x.sealed)))
}

async function reveal(): Promise<void> {
    box.plain = {}
    for (const x of box.items.filter(mine)) {
        const c = await content(x).catch(() => undefined)
        if (c) box.plain[x.id] = c
    }
}

export async function loadOutbox(): Promise<void> {
    const rows = secure ? await readAll<OutItem>('outbox').catch(() => []) : []
    const old = rows.filter((x) => x.state === 'done' && Date.parse(x.done ?? '') < Date.now() - DONE_SHOWN)
    if (old.length) void write(old.map((x) => ({ store: 'outbox', drop: x.id })))
    const now = rows.filter((x) => !old.includes(x))
    box.items = [...now, ...box.items.filter((x) => loose.has(x.id) && !now.some((y) => y.id === x.id))].sort(byId)
    await reveal()
    box.loaded = true
}

/* ---- putting in ---- */

async function photoRows(files: OutFile[]): Promise<Write[]> {
    const rows: Write[] = []
    for (const f of files) {
        if (!f.blob) continue
        const sealed = await sealBytes(await f.blob.arrayBuffer())
        rows.push({ store: 'photo', put: { id: f.id, sealed, mime: f.blob.type } })
    }
    return rows
}

function letLoose(x: OutItem, c: Content, files: OutFile[]): void {
    const blobs = new Map(files.flatMap((f) => (f.blob ? [[f.id, f.blob] as [string, Blob]] : [])))
    loose.set(x.id, { content: c, blobs })
}

export interface Draft {
    id?: string // of the action; the same as before when it is changed
    record?: string
    what: Words
    content: Content
    files: OutFile[]
}

function locked<T>(fn: () => Promise<T>): Promise<T> {
    return navigator.locks ? (navigator.locks.request('outbox', fn) as Promise<T>) : fn()
}

/* Ends when it is on the disk; with full or plain-HTTP devices it is only in this window, and says so.  What has
 * gone out already is changed no more: throws 'tried'. */
export async function putOut(d: Draft): Promise<OutItem> {
    const x = d.id ? await locked(() => putIn(d)) : await putIn(d)
    void sync()
    return x
}

async function putIn(d: Draft): Promise<OutItem> {
    const id = d.id ?? uuid7()
    const before = box.items.find((x) => x.id === id)
    const there = d.id && secure ? await read<OutItem>('outbox', d.id) : before
    if (d.id && there?.state !== 'kept' && there?.state !== 'refused') throw new Error('tried')
    const x: OutItem = {
        id,
        record: d.record ?? id,
        account: session.me?.account ?? '',
        who: session.me?.name ?? '',
        what: d.what,
        at: before?.at ?? new Date().toISOString(),
        state: 'kept',
        files: d.files.map((f) => ({ id: f.id, name: f.name })),
    }
    const gone = (before?.files ?? []).filter((f) => !d.files.some((g) => g.id === f.id))
    if (secure) {
        try {
            x.sealed = await seal(d.content)
            const drops = gone.map((f): Write => ({ store: 'photo', drop: f.id }))
            await write([{ store: 'outbox', put: stored(x) }, ...(await photoRows(d.files)), ...drops])
            box.full = false
        } catch (e) {
            x.sealed = undefined
            box.full = true
            letLoose(x, d.content, d.files)
        }
        void navigator.storage?.persist?.()
    } else {
        letLoose(x, d.content, d.files)
    }
    box.items = [...box.items.filter((y) => y.id !== id), x].sort(byId)
    box.plain[id] = d.content
    return x
}

/* ---- a person's decisions ---- */

export async function dropItem(x: OutItem): Promise<void> {
    loose.delete(x.id)
    if (secure)
        await write([{ store: 'outbox', drop: x.id }, ...x.files.map((f): Write => ({ store: 'photo', drop: f.id }))])
    box.items = box.items.filter((y) => y.id !== x.id)
    delete box.plain[x.id]
}

/* Once more, with what the person changed: on the version that he has seen now, at the present time. */
export async function again(x: OutItem, change: Record<string, unknown> = {}, now = false): Promise<void> {
    const c = await content(x)
    if (!c) return
    const next: Content = { ...c, body: { ...c.body, ...change }, frozen: undefined, conflict: undefined }
    const me = { account: session.me?.account ?? x.account, who: session.me?.name ?? x.who }
    const y: OutItem = { ...x, ...me, state: 'kept', problem: undefined }
    if (now) y.at = new Date().toISOString()
    if (loose.has(x.id)) loose.get(x.id)!.content = next
    else y.sealed = await seal(next)
    await save(y)
    replace(y)
    box.plain[y.id] = next
    void sync()
}

function replace(x: OutItem): void {
    box.items = box.items.map((y) => (y.id === x.id ? x : y))
}

async function photo(x: OutItem, f: OutFile): Promise<Blob> {
    const held = loose.get(x.id)?.blobs.get(f.id)
    if (held) return held
    const row = await read<{ sealed: Sealed; mime: string }>('photo', f.id)
    if (!row) throw new Error('photo')
    return new Blob([await openBytes(row.sealed)], { type: row.mime })
}

export async function photosOf(x: OutItem): Promise<OutFile[]> {
    return Promise.all(x.files.map(async (f) => ({ id: f.id, name: f.name, blob: await photo(x, f) })))
}

function base64(bytes: ArrayBuffer): string {
    let s = ''
    const all = new Uint8Array(bytes)
    for (let i = 0; i < all.length; i += 8192) s += String.fromCharCode(...all.subarray(i, i + 8192))
    return btoa(s)
}

/* Everything that has no receipt, readable, as one file: for when it can be sent from this phone no more. */
export async function exportFile(): Promise<Blob> {
    const items = []
    for (const x of box.items.filter((y) => y.state !== 'done')) {
        const c = await content(x).catch(() => undefined)
        const files = []
        for (const f of x.files) {
            const blob = await photo(x, f).catch(() => undefined)
            files.push({ file: f.id, name: f.name, mime: blob?.type, base64: blob && base64(await blob.arrayBuffer()) })
        }
        const head = { id: x.id, who: x.who, what: x.what.zh, at: x.at, problem: x.problem?.detail }
        items.push({ ...head, url: c?.url, body: c?.body, files })
    }
    const text = JSON.stringify({ bihuan: 'outbox', made: new Date().toISOString(), items }, null, 1)
    return new Blob([text], { type: 'application/json' })
}

/* ---- sending ---- */

function headers(): Record<string, string> {
    return { 'Accept-Language': lang.value === 'zh' ? 'zh-CN' : 'en', 'X-CSRF-Token': session.me?.csrf ?? '' }
}

function measure(reply: Response): void {
    const there = Date.parse(reply.headers.get('Date') ?? '')
    if (!there) return
    const off = there + 500 - Date.now()
    box.skew = Math.abs(off) < SKEW_LEAST ? 0 : off
}

/* 'later': no network, or the program asks for patience; everything else is an answer. */
async function post(url: string, body: BodyInit, kind?: string): Promise<{ status: number; got: unknown } | 'later'> {
    let reply: Response
    try {
        const more: Record<string, string> = kind ? { 'Content-Type': kind } : {}
        reply = await fetch(url, { method: 'POST', headers: { ...headers(), ...more }, body })
        measure(reply)
        if (reply.status === 429 || reply.status >= 500) return 'later'
        return { status: reply.status, got: await reply.json() }
    } catch {
        return 'later'
    }
}

/* The answer of the upload takes the place of what stood in the form. */
function placed(value: unknown, up: Map<string, unknown>): unknown {
    if (Array.isArray(value)) return value.map((v) => placed(v, up))
    if (!value || typeof value !== 'object') return value
    const o = value as Record<string, unknown>
    const got = typeof o.file === 'string' ? up.get(o.file) : undefined
    if (got) return { ...(got as object), ...(o.doc ? { doc: o.doc } : {}) }
    return Object.fromEntries(Object.entries(o).map(([k, v]) => [k, placed(v, up)]))
}

type Outcome = 'done' | 'refused' | 'later' | 'login'

function failed(status: number, got: unknown): Problem {
    const p = (got ?? {}) as Partial<Problem>
    return { title: '', code: '', detail: t('没有办成', 'It was refused'), ...p, status }
}

async function sendFiles(x: OutItem, c: Content): Promise<Outcome> {
    const up = new Map<string, unknown>()
    for (const f of x.files) {
        let blob: Blob
        try {
            blob = await photo(x, f)
        } catch {
            const detail = t(`照片“${f.name}”在手机上读不出来了`, `The picture "${f.name}" cannot be read any more`)
            return refuse(x, failed(0, { code: 'photo', detail }))
        }
        const reply = await post(`/api/files?name=${encodeURIComponent(f.name)}&id=${f.id}`, blob)
        if (reply === 'later') return 'later'
        if (reply.status === 401) return 'login'
        if (reply.status >= 300) return refuse(x, failed(reply.status, reply.got))
        up.set(f.id, reply.got)
        f.up = Date.now()
    }
    c.body = placed(c.body, up) as Record<string, unknown>
    return 'done'
}

/* Both sides of a conflict are sealed with what was to be sent: texts may name somebody. */
async function refuse(x: OutItem, p: Problem, c?: Content): Promise<Outcome> {
    const { conflict, ...problem } = p
    const y: OutItem = { ...x, state: 'refused', problem }
    if (c && conflict) {
        const next = { ...c, conflict }
        if (loose.has(x.id)) loose.get(x.id)!.content = next
        else y.sealed = await seal(next)
        box.plain[x.id] = next
    }
    await save(y)
    replace(y)
    return 'refused'
}

/* The request is written down before it goes out: whatever becomes of the answer, the same one goes again. */
async function freeze(x: OutItem, c: Content): Promise<Content> {
    if (c.frozen) return c
    // a demonstration lives on a day of its own: what is done in it is done on that day
    const at = session.me?.demo ? {} : box.skew ? { at: x.at, skew: Math.round(box.skew) } : { at: x.at }
    const next: Content = { ...c, frozen: JSON.stringify({ id: x.id, ...c.body, ...at }) }
    x.state = 'tried'
    if (loose.has(x.id)) loose.get(x.id)!.content = next
    else x.sealed = await seal(next)
    await save(x)
    replace({ ...x })
    return next
}

interface Taken {
    number?: string
    digits?: string
    receipt?: { recorded: string }
}

async function receive(x: OutItem, c: Content, got: Taken): Promise<void> {
    const rest: Content = { title: '', url: '', body: {}, digits: got.digits }
    const told = { number: got.number, done: got.receipt?.recorded }
    const y: OutItem = { ...x, ...told, state: 'done', problem: undefined, sealed: undefined }
    const files = y.files
    y.files = []
    if (got.digits && secure) y.sealed = await seal(rest)
    const held = loose.delete(x.id)
    if (secure) {
        const drops = files.map((f): Write => ({ store: 'photo', drop: f.id }))
        // without room for the receipt the program still has it: the next load asks again and gets the same one
        await write([{ store: 'outbox', put: stored(y) }, ...drops]).catch((e) => {
            if (!held) throw e
        })
    }
    replace(y)
    box.plain[y.id] = { ...rest, title: c.title }
}

async function sendOne(x: OutItem): Promise<Outcome> {
    let c = await content(x)
    if (!c) {
        const detail = t('这一件在手机上读不出来了', 'This one cannot be read on this phone any more')
        return refuse(x, failed(0, { code: 'unreadable', detail }))
    }
    if (!c.frozen || x.files.some((f) => Date.now() - (f.up ?? 0) > UPLOAD_LASTS)) {
        const files = await sendFiles(x, c)
        if (files !== 'done') return files
    }
    c = await freeze(x, c)
    const reply = await post(c.url, c.frozen!, 'application/json')
    if (reply === 'later') return 'later'
    if (reply.status === 401) return 'login'
    if (reply.status >= 300) return refuse(x, failed(reply.status, reply.got), c)
    await receive(x, c, reply.got as Taken)
    return 'done'
}

let timer = 0
let pause = 2000

function later(ms: number): void {
    clearTimeout(timer)
    timer = window.setTimeout(() => void sync(), ms)
}

/* Is it there, and what time does it have? */
async function knock(): Promise<boolean> {
    try {
        const reply = await fetch('/healthz', { cache: 'no-store' })
        measure(reply)
        return reply.status < 500
    } catch {
        return false
    }
}

function backOff(): void {
    box.away = true
    pause = Math.min(pause * 2, 60000)
    later(pause * (0.5 + Math.random() / 2))
}

/* In order; what hangs on an earlier one of the same record waits for it. */
async function run(): Promise<void> {
    const stuck = new Set<string>()
    let renewed = false
    if (!(await knock())) return backOff()
    for (const id of box.items.map((x) => x.id)) {
        const x = box.items.find((y) => y.id === id)
        if (!x || x.state === 'done') continue
        if (x.state === 'refused') stuck.add(x.record)
        if (!mine(x) || x.state === 'refused' || stuck.has(x.record)) continue
        const outcome = await sendOne({ ...x, files: x.files.map((f) => ({ ...f })) })
        box.away = outcome === 'later'
        if (outcome === 'later') return backOff()
        pause = 2000
        if (outcome === 'login') {
            session.expired = true
            return
        }
        const csrf = box.items.find((y) => y.id === id)?.problem?.code === 'csrf'
        if (csrf && !renewed) {
            renewed = true
            await whoAmI()
            return again({ ...x, state: 'kept' })
        }
        if (outcome === 'refused') stuck.add(x.record)
    }
}

export async function sync(): Promise<void> {
    if (!session.me || session.expired || !waiting.value.some(mine) || box.sending) return
    box.sending = true
    try {
        // one window at a time
        if (navigator.locks) await navigator.locks.request('outbox', { ifAvailable: true }, async (lock) => {
            if (!lock) return later(3000)
            await loadOutbox()
            await run()
        })
        else await run()
    } catch {
        later(pause)
    }
    box.sending = false
    if (waiting.value.some(mine) && !box.away && !session.expired) later(pause)
}

export function startOutbox(): void {
    void loadOutbox().then(sync)
    window.addEventListener('online', () => void sync())
    document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && void sync())
    window.addEventListener('beforeunload', (e) => {
        if (unsaved.value.length) e.preventDefault() // it lies nowhere but here
    })
}
