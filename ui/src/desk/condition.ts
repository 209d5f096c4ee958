/* The choices in the address as one CQL2 condition. */
import { session } from '../api'
import type { Code, Field, Playbook, RecordDef } from '../playbook'
import { localDay, now } from '../show'

/* Choices that are no fields; `which`, `sort` and `q` are none of the filters. */
export const KEYS = ['state', 'clock', 'from', 'to', 'mine', 'area']

export function filtersOf(def: RecordDef): Field[] {
    return def.fields.filter((f) => f.filter && ['code', 'boolean'].includes(f.type))
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

export function conditionOf(q: URLSearchParams, def: RecordDef, pb: Playbook): string | undefined {
    const all: string[] = []
    const filters = filtersOf(def)
    // a code that has others below it means these too
    const deep = (id: string, code: string) =>
        filters.some((f) => f.id === id && codesOf(f, pb).some((c) => c.parent === code))
    const at = (k: string) => q.get(k) ?? ''
    const today = localDay(now())
    if (at('which') === 'closed') all.push('closed IS NOT NULL')
    if (at('state')) all.push(`state = ${text(at('state'))}`)
    if (at('mine') === 'unit' && session.me?.org) all.push(`holder = ${text(session.me.org)}`)
    if (at('from')) all.push(`opened >= ${date(at('from'))}`)
    if (at('to')) all.push(`opened < ${date(dayAfter(at('to'), 1))}`)
    if (at('clock') === 'late') all.push(`due < TIMESTAMP('${now().toISOString()}')`)
    if (at('clock') === 'today') all.push(`due >= ${date(today)} AND due < ${date(dayAfter(now(), 1))}`)
    if (at('clock') === 'week') all.push(`due >= ${date(today)} AND due < ${date(dayAfter(now(), 7))}`)
    for (const [k, v] of q)
        if (/^f\.\w+$/.test(k) && v) {
            const bool = filters.find((f) => f.id === k.slice(2))?.type === 'boolean' || v === 'TRUE' || v === 'FALSE'
            if (deep(k.slice(2), v)) all.push(`within(${k.slice(2)}, ${text(v)})`)
            else all.push(`${k.slice(2)} = ${bool ? v.replace(/[^A-Z]/g, '') : text(v)}`)
        }
    return all.length ? all.join(' AND ') : undefined
}
