/* One way to ask the program, and who is logged in. */
import { computed, reactive } from 'vue'
import { forget, keep, keepable, kept } from './offline/kept'
import { setNow } from './show'
import { lang, t, type Words } from './words'

export interface Role {
    role: string
    name: string
    area: string
    area_name: string
}

export interface Me {
    now: string
    csrf: string
    today: string // of the database: a demonstration lives on a day of its own
    demo?: boolean
    account: string
    name: string
    org?: string
    org_name?: string
    roles: Role[]
    permissions: number
}

/* What two have written into one field; a side that is missing is empty. */
export interface Side {
    field?: string
    label: Words
    yours?: Words
    theirs?: Words
    hidden?: boolean
    at?: string
    org_name?: string
}

export interface Problem {
    status: number
    title: string
    detail: string
    code: string
    field?: string
    conflict?: Record<string, Side>
}

/* The bits of src/access/roles.h. */
export const PERM = {
    read: 4, act: 8, count: 16, look: 32, export: 64, import: 128, audit: 256, admin: 512, steer: 1024,
}

/* `expired`: the session ended while the page was open; what was typed stays under the log-in. */
export const session = reactive({ me: null as Me | null, expired: false, known: false })

/* Who asks, and in which words: an answer of before is asked for again. */
export const asker = computed(() => `${session.me?.csrf ?? ''} ${lang.value}`)

export function sidesOf(p: Problem | null | undefined): Side[] {
    return Object.entries(p?.conflict ?? {}).map(([field, side]) => ({ ...side, field }))
}

export function may(bit: number): boolean {
    return ((session.me?.permissions ?? 0) & bit) !== 0
}

function away(): Problem {
    return {
        status: 0,
        code: 'network',
        title: t('没连上', 'No connection'),
        detail: t(
            '没连上服务器，填的内容还在，请再试一次',
            'The server did not answer; what you typed is kept, try again',
        ),
    }
}

async function problemOf(reply: Response): Promise<Problem> {
    try {
        return (await reply.json()) as Problem
    } catch {
        return { ...away(), status: reply.status, code: 'unreadable' }
    }
}

/* The answer as it came; a problem is thrown. */
export async function reply(method: string, url: string, body?: unknown): Promise<Response> {
    const headers: Record<string, string> = { 'Accept-Language': lang.value === 'zh' ? 'zh-CN' : 'en' }
    if (session.me && method !== 'GET') headers['X-CSRF-Token'] = session.me.csrf
    const raw = body instanceof Blob
    if (body !== undefined && !raw) headers['Content-Type'] = 'application/json'
    let got: Response
    try {
        const sent = raw ? body : body === undefined ? undefined : JSON.stringify(body)
        got = await fetch(url, { method, headers, cache: 'no-cache', body: sent })
    } catch {
        throw away()
    }
    if (got.ok) return got
    const p = await problemOf(got)
    if (p.status === 401 && p.code === 'login_required' && session.me) session.expired = true
    throw p
}

export async function ask<T>(method: string, url: string, body?: unknown): Promise<T> {
    const got = await reply(method, url, body)
    return got.status === 204 ? (undefined as T) : ((await got.json()) as T)
}

export function addressOf(url: string, query: Record<string, string | undefined>): string {
    const q = new URLSearchParams()
    for (const [k, v] of Object.entries(query)) if (v) q.set(k, v)
    const s = q.toString()
    return s ? `${url}?${s}` : url
}

export function get<T>(url: string, query: Record<string, string | undefined> = {}): Promise<T> {
    const full = addressOf(url, query)
    return keepable(full) ? getKept<T>(full) : ask<T>('GET', full)
}

/* Without a network: as it was when there was one. */
async function getKept<T>(full: string): Promise<T> {
    try {
        const got = await ask<T>('GET', full)
        void keep(full, got)
        return got
    } catch (e) {
        const old = (e as Problem).status === 0 ? await kept<T & { now?: string }>(full) : undefined
        if (old === undefined) throw e
        delete old.now // it was then
        return old
    }
}

export async function logIn(login: string, password: string): Promise<void> {
    const before = session.me?.account
    const me = await ask<Me>('POST', '/api/session', { login, password })
    // another person than before must not find what the first one typed
    if (session.expired && before !== me.account) {
        sessionStorage.clear()
        location.assign('/')
        return
    }
    setNow(me.now)
    Object.assign(session, { me, expired: false })
    void keep('/api/session', me)
}

export async function whoAmI(): Promise<void> {
    try {
        session.me = await get<Me>('/api/session')
        setNow(session.me.now)
    } catch {
        session.me = null
    }
    session.known = true
}

export async function logOut(): Promise<void> {
    await ask('DELETE', '/api/session')
    sessionStorage.clear() // the next person at this device begins with nothing of this one
    await forget()
    location.assign('/')
}

/* A UUID of version 7, made here, so that sending twice does not record twice. */
export function uuid7(): string {
    const b = crypto.getRandomValues(new Uint8Array(16))
    let ms = Date.now()
    for (let i = 5; i >= 0; i--) {
        b[i] = ms % 256
        ms = Math.floor(ms / 256)
    }
    b[6] = (b[6] & 0x0f) | 0x70
    b[8] = (b[8] & 0x3f) | 0x80
    const h = Array.from(b, (x) => x.toString(16).padStart(2, '0')).join('')
    return [h.slice(0, 8), h.slice(8, 12), h.slice(12, 16), h.slice(16, 20), h.slice(20)].join('-')
}
