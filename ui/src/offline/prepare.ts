/* What a phone needs before it loses its network: forms and code lists, the areas below one's own, the open
 * matters there, brought up to date by what changed since, and today's calls. */
import { shallowReactive } from 'vue'
import { keepBelow } from '../areas'
import { get, may, PERM, session } from '../api'
import { loadCalls } from '../phone/calls'
import { loadPlaybook, types } from '../playbook'
import { keep, kept } from './kept'

export interface Row {
    id: string
    type: string
    type_name?: string
    number?: string
    title?: string
    version: number
    state_name?: string
    area_name?: string
    opened: string
    due?: string
    closed?: string
    merged_into?: string
    void?: boolean
    fields: Record<string, unknown>
}

interface Open {
    seq: number
    rows: Row[]
}

interface Changes {
    seq: number
    more: boolean
    records: Row[]
    gone: string[]
}

export const own = shallowReactive({ rows: [] as Row[], known: false })

const OPEN_KEPT = 300
const PLACE = 'open'
const FRESH_MS = 10 * 60000

/* The newest signed size of the log: what came later is asked for next time. */
async function begin(): Promise<number> {
    const reply = await fetch('/api/checkpoint')
    const size = Number((await reply.text()).split('\n')[1])
    return Number.isFinite(size) ? size - 1 : -1
}

function put(rows: Row[], changed: Row[], gone: string[]): Row[] {
    const away = new Set([...gone, ...changed.map((r) => r.id)])
    const stay = changed.filter((r) => !r.closed && !r.merged_into && !r.void)
    return [...rows.filter((r) => !away.has(r.id)), ...stay].sort((a, b) => (a.id < b.id ? 1 : -1)).slice(0, OPEN_KEPT)
}

async function firstTime(): Promise<Open> {
    const seq = await begin()
    let rows: Row[] = []
    for (const x of types) {
        const got = await get<{ rows: Row[] }>('/api/records', { type: x.id, open: 'true', limit: '100' })
        rows = put(rows, got.rows, [])
    }
    return { seq, rows }
}

const placeOf = () => `${PLACE} ${session.me?.account}`

async function showKept(): Promise<Open | undefined> {
    const old = await kept<Open>(placeOf())
    if (old) Object.assign(own, { rows: old.rows, known: true })
    return old
}

async function prepareOpen(): Promise<void> {
    const key = placeOf()
    const old = await showKept()
    let now = old && old.seq >= 0 ? old : await firstTime()
    for (let more = now.seq >= 0, n = 0; more && n < 20; n++) {
        const got = await get<Changes>('/api/changes', { after: String(now.seq) })
        now = { seq: got.seq, rows: put(now.rows, got.records, got.gone) }
        more = got.more
    }
    Object.assign(own, { rows: now.rows, known: true })
    await keep(key, now)
}

/* again: only when it was long ago, as at every opening of the page. */
export async function prepare(again = false): Promise<void> {
    if (!session.me || !may(PERM.act)) return
    await showKept()
    const stamp = `prepared ${session.me.account}`
    if (again && Date.now() - ((await kept<number>(stamp)) ?? 0) < FRESH_MS) return
    for (const id of new Set(types.map((x) => x.playbook))) await loadPlaybook(id)
    await keepBelow()
    await prepareOpen()
    await loadCalls()
    await keep(stamp, Date.now())
}
