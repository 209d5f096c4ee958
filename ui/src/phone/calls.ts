/* Today's calls, one for each party, with what the phone needs to make them without a network. */
import { get, session } from '../api'
import { keep, kept } from '../offline/kept'
import { box } from '../offline/outbox'
import { loadPlaybook, recordOf, type Field, type Playbook, type RecordDef } from '../playbook'

interface Form {
    field: string
    required: boolean
}

export interface Party {
    part: number
    party: string
    row: number
    name: string
    name_en: string
}

export interface Way {
    id: string
    name: string
    name_en: string
    possible: boolean
    form?: Form[]
    parties?: Party[]
    misses?: boolean
    reopens?: boolean
    when?: Record<string, string | boolean> // the answers that lead to it: the playbook's `when_answered`
}

/* Without personal details: whom to call is told by a look, which needs the network. */
export interface Call {
    record: string
    playbook: string
    type: string
    number?: string
    title?: string
    place?: string
    due: string
    party?: Party
    ways: Way[]
}

interface Matter {
    id: string
    type: string
    playbook: string
    number?: string
    title?: string
    fields: Record<string, unknown>
    actions: Way[]
}

/* What waits for this person: `matters` of the desk's list, and the calls to make in the first of them. */
export interface Today {
    matters: number
    calls: Call[]
}

const MOST = 30
const KEY = () => `calls ${session.me?.account}`

function waysOf(m: Matter, def: RecordDef): Way[] {
    return m.actions.flatMap((w) => {
        const a = def.actions.find((x) => x.id === w.id)
        if (!w.possible || !(a?.answers ?? a?.misses)) return []
        return [{ ...w, misses: !!a!.misses, reopens: a!.reopens, when: a!.when_answered }]
    })
}

function callsOf(m: Matter, def: RecordDef, due: string): Call[] {
    const ways = waysOf(m, def)
    const answers = ways.find((w) => !w.misses)
    if (!answers) return []
    const place = m.fields[def.place ?? ''] as { text?: string } | undefined
    const { id, playbook, type, number, title } = m
    const one = { record: id, playbook, type, number, title, place: place?.text, due, ways }
    const parties = answers.parties ?? []
    return parties.length ? parties.map((party) => ({ ...one, party })) : [one]
}

async function fetchCalls(): Promise<Today> {
    interface Row { at: string; matter: { id: string } }
    const got = await get<{ lists: { id: string; n: number; rows?: Row[] }[] }>('/api/desk', { list: 'call' })
    const list = got.lists.find((l) => l.id === 'call')
    const calls: Call[] = []
    for (const r of (list?.rows ?? []).slice(0, MOST)) {
        const m = await get<Matter>(`/api/records/${r.matter.id}`)
        const pb = await loadPlaybook(m.playbook)
        calls.push(...callsOf(m, recordOf(pb, m.type), r.at))
    }
    return { matters: list?.n ?? 0, calls }
}

/* Noted already, and still on this phone: the same party, or another of a matter that goes back to work. */
function noted(c: Call): boolean {
    return box.items.some((x) => {
        const sent = box.plain[x.id]
        if (x.record !== c.record || x.state === 'done' || !sent) return false
        const fields = sent.body.fields as { part?: number } | undefined
        return fields?.part === c.party?.part || c.ways.some((w) => w.reopens && sent.url.endsWith(`/${w.id}`))
    })
}

const matters = (calls: Call[]) => new Set(calls.map((c) => c.record)).size

function without(all: Today, gone: (c: Call) => boolean): Today {
    const calls = all.calls.filter((c) => !gone(c))
    return { matters: all.matters - matters(all.calls) + matters(calls), calls }
}

/* As they are now, or as they were when there was a network. */
export async function loadCalls(): Promise<Today> {
    let all: Today
    try {
        all = await fetchCalls()
        await keep(KEY(), all)
    } catch (e) {
        const old = await kept<Today>(KEY())
        if (!old) throw e
        all = old
    }
    return without(all, noted)
}

/* One was noted: it is asked no more, and the others of its matter neither when that is reopened. */
export async function callNoted(all: Today, call: Call, way: Way): Promise<Today> {
    const rest = without(all, (c) => (way.reopens ? c.record === call.record : c === call))
    await keep(KEY(), JSON.parse(JSON.stringify(rest)))
    return rest
}

/* The way that the answers lead to; the plain one when they lead nowhere else. */
export function wayFor(call: Call, answers: Record<string, string>): Way | undefined {
    const ends = call.ways.filter((w) => !w.misses)
    const led = ends.find((w) => w.when && Object.entries(w.when).every(([f, v]) => answers[f] === String(v)))
    return led ?? ends.find((w) => !w.reopens) ?? ends[0]
}

export interface Question {
    field: Field
    codes: { code: string; name: { zh: string; en: string } }[]
}

/* The questions of a way: what its form requires and has codes for. */
export function questions(pb: Playbook, def: RecordDef, way: Way | undefined): Question[] {
    return (way?.form ?? []).flatMap((f) => {
        const field = def.fields.find((x) => x.id === f.field)
        const codes = pb.codes.find((l) => l.id === field?.codes)?.codes
        return f.required && field?.type === 'code' && codes ? [{ field, codes }] : []
    })
}
