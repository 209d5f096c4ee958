/* A mapping of docs/import.md as the page changes it: which column of a table is which field.  What the page has no
 * input for (constants, splits) stays in it as it was. */
import { recordOf, type Code, type Field, type Playbook, type RecordDef } from '../playbook'
import { say, t, type Words } from '../words'

export type Source = string | { column?: string; value?: string; map?: Record<string, string>; default?: string }
type Entry = Source | Record<string, Source> // the parts of a place or a person

export interface Mapping {
    import: string
    source?: Source
    id?: string | { column?: string; columns?: string[] }
    area?: Source
    columns: Record<string, Entry>
}

export interface Column {
    name: string
    filled: number
    samples: string[]
    values: string[] // empty when there are very many
}

/* Where a column may go: "id", "area", a field, or a part of it ("place.lon"). */
export interface Target {
    id: string
    name: string
    required?: boolean
    field?: Field
}

const OWN: Record<string, Words> = {
    opened: { zh: '发现（受理）时间', en: 'Opened' },
    closed: { zh: '办结时间', en: 'Closed' },
    due: { zh: '到期时间', en: 'Due' },
    state: { zh: '环节', en: 'State' },
}
const PLACE: Record<string, Words> = {
    text: { zh: '地址', en: 'address' },
    lon: { zh: '经度', en: 'longitude' },
    lat: { zh: '纬度', en: 'latitude' },
}
const PERSON: Record<string, Words> = {
    name: { zh: '姓名', en: 'name' },
    phone: { zh: '电话', en: 'telephone' },
    address: { zh: '住址', en: 'address' },
}

const partsOf = (f: Field) => (f.type === 'place' ? PLACE : f.type === 'person' ? PERSON : undefined)
const isParts = (x: Entry | undefined): x is Record<string, Source> =>
    typeof x === 'object' && !('column' in x) && !('value' in x)
export const columnOf = (x: Source | undefined) => (typeof x === 'string' ? x : x?.column)

export function targets(def: RecordDef): Target[] {
    const form = def.actions.find((a) => a.import)?.form ?? []
    const all: Target[] = [
        { id: 'id', name: t('编号（认得出这一行）', 'Number (knows the row again)'), required: true },
        { id: 'area', name: t('区划', 'Area') },
    ]
    for (const x of form) {
        const field = def.fields.find((f) => f.id === x.field)
        if (!field) {
            all.push({ id: x.field, name: say(OWN[x.field]), required: x.required })
            continue
        }
        const parts = partsOf(field)
        if (!parts) all.push({ id: field.id, name: say(field.label), required: x.required, field })
        for (const [k, w] of Object.entries(parts ?? {}))
            all.push({ id: `${field.id}.${k}`, name: `${say(field.label)}：${say(w)}`, field })
    }
    return all
}

function ids(m: Mapping): string[] {
    if (!m.id) return []
    return typeof m.id === 'string' ? [m.id] : (m.id.columns ?? (m.id.column ? [m.id.column] : []))
}

/* The target of a column; "" when nothing reads it. */
export function targetOf(m: Mapping, column: string): string {
    if (ids(m).includes(column)) return 'id'
    if (columnOf(m.area) === column) return 'area'
    for (const [field, x] of Object.entries(m.columns)) {
        if (!isParts(x)) {
            if (columnOf(x) === column) return field === 'place' && typeof x === 'string' ? `${field}.text` : field
        } else for (const [part, s] of Object.entries(x)) if (columnOf(s) === column) return `${field}.${part}`
    }
    return ''
}

function setId(m: Mapping, list: string[]) {
    if (!list.length) delete m.id
    else m.id = list.length === 1 ? list[0] : { columns: list }
}

function clear(m: Mapping, column: string) {
    setId(m, ids(m).filter((x) => x !== column))
    if (columnOf(m.area) === column) delete m.area
    for (const [field, x] of Object.entries(m.columns)) {
        if (isParts(x)) for (const [part, s] of Object.entries(x)) if (columnOf(s) === column) delete x[part]
        if (isParts(x) ? !Object.keys(x).length : columnOf(x) === column) delete m.columns[field]
    }
}

/* What was read from another column before gives way; several columns together may be the number. */
export function point(m: Mapping, column: string, target: string) {
    clear(m, column)
    if (!target) return
    if (target === 'id') return setId(m, [...ids(m), column].slice(0, 4))
    if (target === 'area') {
        m.area = column
        return
    }
    const [field, part] = target.split('.')
    if (!part) {
        m.columns[field] = column
        return
    }
    const old = m.columns[field]
    m.columns[field] = { ...(isParts(old) ? old : {}), [part]: column }
}

/* ---- codes ---- */

export function codesOf(pb: Playbook, f: Field | undefined): Code[] {
    return (f?.type === 'code' && pb.codes.find((l) => l.id === f.codes)?.codes) || []
}

/* A text that is a code, or the name of one. */
export function named(codes: Code[], text: string): string {
    const bare = text.trim().toLowerCase()
    const names = (c: Code) => [c.name.zh.toLowerCase(), c.name.en.toLowerCase()]
    const same = codes.filter((c) => c.code === text || names(c).includes(bare))
    return same.length === 1 ? same[0].code : ''
}

/* The code that a text of the table stands for, as chosen here or by itself. */
export function codeOf(m: Mapping, field: string, codes: Code[], text: string): string {
    const x = m.columns[field]
    const chosen = typeof x === 'object' && !isParts(x) ? x.map?.[text] : undefined
    return chosen ?? named(codes, text)
}

export function setCode(m: Mapping, field: string, text: string, code: string) {
    const x = m.columns[field]
    if (isParts(x)) return
    const rest = typeof x === 'string' ? { column: x } : x
    const map = { ...rest.map, [text]: code }
    if (!code) delete map[text]
    m.columns[field] = Object.keys(map).length ? { ...rest, map } : (rest.column ?? rest)
}

/* What is required and what nothing gives yet. */
export function missing(m: Mapping, all: Target[]): Target[] {
    return all.filter((x) => x.required && (x.id === 'id' ? !ids(m).length : !m.columns[x.id.split('.')[0]]))
}

/* As a file that `bihuan import` takes too: JSON is a part of YAML. */
export function asText(m: Mapping): string {
    const line = (k: string, v: unknown) => `${k}: ${JSON.stringify(v)}`
    const head = Object.entries(m).filter(([k]) => k !== 'columns').map(([k, v]) => line(k, v))
    const columns = Object.entries(m.columns).map(([k, v]) => `  ${line(k, v)}`)
    return [...head, 'columns:', ...columns, ''].join('\n')
}

/* The types that a table can become, with what is needed to draw them. */
export interface Importable {
    id: string
    name: Words
    pb: Playbook
    def: RecordDef
}

export function importable(books: Playbook[]): Importable[] {
    return books.flatMap((pb) =>
        pb.records.filter((r) => r.actions.some((a) => a.import)).map((r) => ({
            id: `${pb.id}.${r.id}`, name: r.name, pb, def: recordOf(pb, `${pb.id}.${r.id}`),
        })),
    )
}
