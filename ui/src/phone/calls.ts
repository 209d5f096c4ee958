/* Today's calls, one for each party, with what the phone needs to make them without a network. */
import { get, session } from '../api'
import { keep, kept } from '../offline/kept'
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

const MOST = 30
const KEY = () => `calls ${session.me?.account}`

function callsOf(m: Matter, def: RecordDef, due: string): Call[] {
    const kinds = new Map(def.actions.map((a) => [a.id, a.answers ?? a.misses]))
    const ways = m.actions.filter((a) => a.possible && kinds.get(a.id))
    const answers = ways.filter((a) => def.actions.find((x) => x.id === a.id)?.answers)
    if (!answers.length) return []
    const place = m.fields[def.place ?? ''] as { text?: string } | undefined
    const { id, playbook, type, number, title } = m
    const one = { record: id, playbook, type, number, title, place: place?.text, due, ways }
    const parties = answers[0].parties ?? []
    return parties.length ? parties.map((party) => ({ ...one, party })) : [one]
}

async function fetchCalls(): Promise<Call[]> {
    interface Row { at: string; matter: { id: string } }
    const got = await get<{ lists: { id: string; rows?: Row[] }[] }>('/api/desk', { list: 'call' })
    const rows = got.lists.find((l) => l.id === 'call')?.rows ?? []
    const calls: Call[] = []
    for (const r of rows.slice(0, MOST)) {
        const m = await get<Matter>(`/api/records/${r.matter.id}`)
        const pb = await loadPlaybook(m.playbook)
        calls.push(...callsOf(m, recordOf(pb, m.type), r.at))
    }
    return calls
}

/* As they are now, or as they were when there was a network. */
export async function loadCalls(): Promise<Call[]> {
    try {
        const calls = await fetchCalls()
        await keep(KEY(), calls)
        return calls
    } catch (e) {
        const old = await kept<Call[]>(KEY())
        if (!old) throw e
        return old
    }
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
