/* Playbooks as the program tells them; all forms and lists are drawn from these. */
import { shallowReactive, shallowRef } from 'vue'
import { get, session } from './api'
import type { Words } from './words'

export interface Field {
    id: string
    label: Words
    help?: Words
    type: string
    required?: boolean
    many?: boolean
    vault?: boolean
    multiline?: boolean
    on_road?: boolean
    codes?: string
    of?: string
    decimals?: number
    unit?: string
    max_chars?: number
    when?: string
    min?: number
    max?: number
    columns?: Field[]
    options?: { value: string; name: Words }[] // of a built-in action's input
    kinds?: string // of a built-in action's input: which open parts, with spaces between
    sort?: boolean
    filter?: boolean
    basis?: string // the law or rule that lets us ask this
}

export interface Code {
    code: string
    name: Words
    parent?: string
    from?: string
    to?: string
    hint?: string
}

export interface FormField {
    field: string
    required: boolean
}

export interface Action {
    id: string
    name: Words
    opens?: boolean
    import?: boolean
    resident?: boolean
    answers?: string
    misses?: string
    reopens?: boolean
    when_answered?: Record<string, string | boolean>
    figures?: boolean // takes figures: the record is a bulletin
    by: string[]
    from?: string[]
    from_any?: boolean
    to?: string[]
    does?: string[]
    form: FormField[]
    needs: string[]
}

/* An answer of the one-screen entry: an action that opens, and the values that come with it. */
export interface Quick {
    id: string
    name: Words
    action: string
    set: Record<string, string | boolean>
}

export interface RecordDef {
    id: string
    name: Words
    kind: string
    title?: string
    place?: string
    kind_field?: string
    quick?: Quick[]
    list: string[]
    fields: Field[]
    states: { id: string; name: Words; closed?: boolean }[]
    documents: { id: string; name: Words }[]
    clocks?: { id: string; name: Words; limit?: string; extend_by?: string; basis?: string }[]
    again?: string // true when one was closed at the same place before
    actions: Action[]
}

export interface Playbook {
    id: string
    version: number
    name: Words
    noun: Words
    records: RecordDef[]
    codes: { id: string; name: Words; codes: Code[] }[]
}

/* An action that every matter has. */
export interface Builtin {
    id: string
    name: Words
    form: Field[]
}

export interface Opening {
    id: string
    name: Words
    by: string[]
    on_every_page?: string // the frame leads to it; the field that begins with the page one came from
}

export interface Type {
    id: string // playbook.record
    name: Words
    playbook: string
    kind: string
    place?: string // the field whose point is on the map
    opens: Opening[] // what this person may begin with
    aside?: boolean // not the work itself, but what is said of the program
}

export const types = shallowReactive<Type[]>([])
/* What the frame leads to from every page: the form's address, and the field that takes the page's. */
export const everywhere = shallowRef<{ name: Words; to: string; field: string }>()
const loaded = new Map<string, Promise<Playbook>>()

export async function loadTypes(): Promise<void> {
    interface Row {
        id: string
        records: { id: string; name: Words; kind: string; place?: string; opens: Opening[] }[]
    }
    const { rows } = await get<{ rows: Row[] }>('/api/playbooks')
    const mine = new Set(session.me?.roles.map((x) => x.role))
    const all: Type[] = rows.flatMap((p) =>
        p.records.map((r) => ({
            ...r,
            playbook: p.id,
            aside: r.opens.some((a) => a.on_every_page),
            // the composite comes before the plain one: it is the one that spares steps
            opens: r.opens.filter((a) => a.by.some((b) => mine.has(b))).reverse(),
        })),
    )
    everywhere.value = undefined
    for (const x of all) {
        for (const { id, name, on_every_page: field } of x.opens)
            if (field) everywhere.value ??= { name, to: `/new/${x.id}/${id}`, field }
        x.opens = x.opens.filter((a) => !a.on_every_page)
    }
    // what this person can open comes first, then the other cases
    const late = (x: Type) => (x.aside ? 3 : x.opens.length ? 0 : x.kind === 'case' ? 1 : 2)
    types.length = 0
    types.push(...all.sort((a, b) => late(a) - late(b)))
}

let builtins: Promise<Map<string, Builtin>> | undefined

/* Of the actions on areas, units or accounts ("sys.area", "sys.org", "sys.account"). */
const systems = new Map<string, Promise<Map<string, Builtin>>>()

export function loadSystem(of: string): Promise<Map<string, Builtin>> {
    let p = systems.get(of)
    if (!p) {
        p = get<{ rows: Builtin[] }>('/api/actions', { of }).then((r) => new Map(r.rows.map((b) => [b.id, b])))
        p.catch(() => systems.delete(of))
        systems.set(of, p)
    }
    return p
}

export function loadBuiltins(): Promise<Map<string, Builtin>> {
    builtins ??= get<{ rows: Builtin[] }>('/api/actions').then(
        (r) => new Map(r.rows.map((b) => [b.id, b])),
    )
    builtins.catch(() => (builtins = undefined))
    return builtins
}

/* "dispute" is the version in force, "dispute@3" the one a running matter stands on. */
export function loadPlaybook(id: string): Promise<Playbook> {
    let p = loaded.get(id)
    if (!p) {
        p = get<Playbook>(`/api/playbooks/${id}`)
        p.catch(() => loaded.delete(id))
        loaded.set(id, p)
    }
    return p
}

/* After another version came into force. */
export function forgetPlaybooks(): void {
    loaded.clear()
}

export function recordOf(p: Playbook, type: string): RecordDef {
    const id = type.includes('.') ? type.slice(type.indexOf('.') + 1) : type
    return p.records.find((r) => r.id === id) ?? p.records[0]
}

/* The composite comes before the plain one: it is the one that spares steps. */
export function openings(r: RecordDef): Action[] {
    const mine = new Set(session.me?.roles.map((x) => x.role))
    return r.actions.filter((a) => a.opens && !a.import && !a.resident && a.by.some((b) => mine.has(b))).reverse()
}

/* A field of a condition that this page cannot judge is shown; the program judges again. */
export function applies(when: string | undefined, values: Record<string, unknown>): boolean {
    if (!when || / OR /.test(when)) return true
    return when.split(' AND ').every((part) => {
        const eq = /^\s*(\w+) (=|<>) (?:'([^']*)'|(TRUE|FALSE))\s*$/.exec(part)
        if (eq) {
            const want = eq[4] ? eq[4] === 'TRUE' : eq[3]
            return (values[eq[1]] === want) === (eq[2] === '=')
        }
        const among = /^\s*(\w+) IN \(([^)]*)\)\s*$/.exec(part)
        if (among) return among[2].split(',').some((x) => x.trim() === `'${String(values[among[1]])}'`)
        return true
    })
}
