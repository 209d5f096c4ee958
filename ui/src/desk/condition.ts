/* The choices in the address as one CQL2 condition. */
import { session } from '../api'
import type { Code, Field, Playbook, RecordDef } from '../playbook'
import { query } from '../route'
import { localDay, now } from '../show'

/* Choices that are no fields; `which`, `sort` and `q` are none of the filters. */
const KEYS = ['state', 'clock', 'from', 'to', 'mine', 'area']

/* Types of fields that can be filtered by.  In the address `f.FIELD` is a code or TRUE or FALSE, `from.FIELD` and
 * `to.FIELD` are days. */
const FILTERED = ['code', 'boolean', 'date']

const FIELD = /^(f|from|to)\.(\w+)$/

type Deep = (field: string, code: string) => boolean

export function filtersOf(def: RecordDef): Field[] {
    return def.fields.filter((f) => f.filter && FILTERED.includes(f.type))
}

export function codesOf(f: Field, pb: Playbook): Code[] {
    return pb.codes.find((l) => l.id === f.codes)?.codes ?? []
}

const text = (s: string) => `'${s.replace(/'/g, "''")}'`
const date = (s: string) => `DATE('${s.replace(/[^0-9-]/g, '')}')`

function dayAfter(d: Date | string, days: number): string {
    const base = typeof d === 'string' ? new Date(`${d}T12:00:00`) : d
    return localDay(new Date(base.getTime() + days * 86400000))
}

/* How many filters are set. */
export function countFilters(q: URLSearchParams): number {
    return [...q.keys()].filter((k) => FIELD.test(k) || KEYS.includes(k)).length
}

function fieldCondition(what: string, field: string, value: string, deep: Deep): string {
    if (what === 'from') return `${field} >= ${date(value)}`
    if (what === 'to') return `${field} <= ${date(value)}`
    if (value === 'TRUE' || value === 'FALSE') return `${field} = ${value}`
    return deep(field, value) ? `within(${field}, ${text(value)})` : `${field} = ${text(value)}`
}

function clockCondition(which: string): string {
    const today = localDay(now())
    if (which === 'late') return `due < TIMESTAMP('${now().toISOString()}')`
    return `due >= ${date(today)} AND due < ${date(dayAfter(now(), which === 'today' ? 1 : 7))}`
}

export function conditionOf(q: URLSearchParams, def: RecordDef, pb: Playbook): string | undefined {
    const at = (k: string) => q.get(k) ?? ''
    // a code that has others below it means these too
    const deep = (id: string, code: string) =>
        filtersOf(def).some((f) => f.id === id && codesOf(f, pb).some((c) => c.parent === code))
    const all = [
        at('which') === 'closed' && 'closed IS NOT NULL',
        at('state') && `state = ${text(at('state'))}`,
        at('mine') === 'unit' && session.me?.org && `holder = ${text(session.me.org)}`,
        at('from') && `opened >= ${date(at('from'))}`,
        at('to') && `opened < ${date(dayAfter(at('to'), 1))}`,
        at('clock') && clockCondition(at('clock')),
    ]
    for (const [k, v] of q) {
        const f = v ? FIELD.exec(k) : null
        if (f) all.push(fieldCondition(f[1], f[2], v, deep))
    }
    return all.filter(Boolean).join(' AND ') || undefined
}

/* What a list and a map ask alike; the type's own fields are asked for once its playbook is there. */
export function questionOf(type: string, def?: RecordDef, pb?: Playbook): Record<string, string | undefined> {
    const q = query.value
    return {
        type, search: q.get('q') ?? '', area: q.get('area') ?? '',
        open: q.get('which') ? undefined : 'true',
        where: def && pb ? conditionOf(q, def, pb) : undefined,
    }
}
