/* Today's calls, one for each party, with what the phone needs to make them without a network. */
import { get, session } from '../api'
import { placeOf, type Row } from '../desk/desk'
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

/* A row of the desk's list of calls: the matter as lists show it, and what answers its call. */
interface Due {
    at: string
    matter: Row
    playbook: string
    actions: Way[]
}

/* What waits for this person: `matters` of the desk's list, and the calls to make in the first of them. */
export interface Today {
    matters: number
    calls: Call[]
}

const KEY = () => `calls ${session.me?.account}`

function waysOf(d: Due, def: RecordDef): Way[] {
    return d.actions.flatMap((w) => {
        const a = def.actions.find((x) => x.id === w.id)
        return a ? [{ ...w, misses: !!a.misses, reopens: a.reopens, when: a.when_answered }] : []
    })
}

function callsOf(d: Due, def: RecordDef): Call[] {
    const ways = waysOf(d, def)
    const answers = ways.find((w) => !w.misses)
    if (!answers) return []
    const { id, type, number, title } = d.matter
    const one = { record: id, playbook: d.playbook, type, number, title, place: placeOf(d.matter), due: d.at, ways }
    const parties = answers.parties ?? []
    return parties.length ? parties.map((party) => ({ ...one, party })) : [one]
}

/* One question, however many calls there are. */
async function fetchCalls(): Promise<Today> {
    type Lists = { lists: { id: string; n: number; rows?: Due[] }[] }
    const got = await get<Lists>('/api/desk', { list: 'call', calls: 'true' })
    const list = got.lists.find((l) => l.id === 'call')
    const calls: Call[] = []
    for (const d of list?.rows ?? []) calls.push(...callsOf(d, recordOf(await loadPlaybook(d.playbook), d.matter.type)))
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
