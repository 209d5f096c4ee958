/* The one-screen entry as data: which lines have one, what a line asks, and what the phone remembers. */
import { session } from '../api'
import { keep, kept } from '../offline/kept'
import type { OutFile } from '../offline/outbox'
import type { Place } from '../parts/PlaceInput.vue'
import { loadPlaybook, recordOf, types } from '../playbook'
import type { Action, Field, Playbook, Quick, RecordDef } from '../playbook'
import type { Words } from '../words'
import type { Grid } from './GridPick.vue'

export interface Line {
    type: string
    name: Words
    pb: Playbook
    def: RecordDef
    quick: Quick[] // those that this account may do
}

/* What is being filled in; the bytes of pictures are apart. */
export interface Entry {
    type: string
    quick?: string
    grid?: Grid
    values: Record<string, unknown>
    linked: string[]
}

export interface Last {
    type?: string
    grids: Grid[]
    places: Place[]
}

const mayDo = (a: Action | undefined) => !!a && a.by.some((b) => session.me?.roles.some((r) => r.role === b))

/* Its answers to "how is it now?" that this account may give. */
export function quickOf(def: RecordDef): Quick[] {
    return (def.quick ?? []).filter((q) => mayDo(def.actions.find((a) => a.id === q.action)))
}

export async function loadLines(): Promise<Line[]> {
    const lines: Line[] = []
    for (const x of types) {
        const pb = await loadPlaybook(x.playbook)
        const def = recordOf(pb, x.id)
        const quick = quickOf(def)
        if (quick.length) lines.push({ type: x.id, name: x.name, pb, def, quick })
    }
    return lines
}

export interface Asked {
    title?: Field
    place?: Field
    kind?: Field
    files: Field[]
    needed: Field[]
    more: Field[]
}

type Ways = Pick<Line, 'def' | 'quick'>
type Form = { action?: Action; fields: Asked; required: Set<string> }

/* The form of the answer's action, sorted by how the page shows it.  What the answer sets is not asked. */
export function asked(line: Ways, quick: Quick | undefined): Form {
    const q = quick ?? line.quick[0]
    const action = line.def.actions.find((a) => a.id === q.action)
    const fields: Asked = { files: [], needed: [], more: [] }
    const required = new Set<string>()
    for (const f of action?.form ?? []) {
        const field = line.def.fields.find((x) => x.id === f.field)
        if (!field || field.id in q.set) continue
        if (f.required) required.add(field.id)
        if (field.id === line.def.title) fields.title = field
        else if (field.id === line.def.place) fields.place = field
        else if (field.id === line.def.kind_field) fields.kind = field
        else if (field.type === 'file') fields.files.push(field)
        else (f.required ? fields.needed : fields.more).push(field)
    }
    return { action, fields, required }
}

/* ---- what the phone remembers, sealed and only until the log-out ---- */

const MOST = 5
const key = (what: string) => `${what} ${session.me?.account}`

export async function readLast(): Promise<Last> {
    return (await kept<Last>(key('last'))) ?? { grids: [], places: [] }
}

export async function keepLast(last: Last, e: Entry, place: Place | undefined): Promise<void> {
    const grids = e.grid ? [e.grid, ...last.grids.filter((g) => g.code !== e.grid?.code)] : last.grids
    const others = last.places.filter((p) => p.text !== place?.text)
    const places = place?.text ? [{ text: place.text }, ...others] : last.places
    await keep(key('last'), { type: e.type, grids: grids.slice(0, MOST), places: places.slice(0, MOST) } satisfies Last)
}

export function readDraft(): Promise<Entry | undefined> {
    return kept<Entry>(key('entry'))
}

export function keepDraft(e: Entry | null): Promise<void> {
    return keep(key('entry'), e)
}

/* The pictures of each field, as the form names them. */
export function named(files: OutFile[], field: Field): unknown {
    const all = files.map((f) => ({ file: f.id, name: f.name }))
    return field.many ? all : all[0]
}
