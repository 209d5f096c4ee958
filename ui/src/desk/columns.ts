/* The columns of a list and what stands in them, on the screen and in a file. */
import { recordOf, type Playbook, type RecordDef } from '../playbook'
import { minute, shortDay } from '../show'
import { t, type Words } from '../words'
import { deadline, placeOf, type Row } from './desk'

export interface Column {
    id: string
    label: Words
    wide?: boolean
}

const OWN: Record<string, Words> = {
    number: { zh: '编号', en: 'Number' },
    state: { zh: '环节', en: 'Step' },
    opened: { zh: '发现', en: 'Found' },
    due: { zh: '时限', en: 'Time left' },
    holder: { zh: '承办单位', en: 'Held by' },
    area: { zh: '区划', en: 'Area' },
    closed: { zh: '办结', en: 'Closed' },
}

/* Pixels, until somebody drags them; the title takes what is left. */
export const WIDTH: Record<string, number> = {
    number: 184, state: 164, opened: 96, closed: 96, due: 100, holder: 190, area: 130, other: 140,
}

export function columnsOf(def: RecordDef): Column[] {
    const named = def.fields.find((f) => f.id === def.title)?.label
    const title: Column = { id: '$title', label: named ?? def.name, wide: true }
    const listed = def.list.filter((id) => id !== def.title && id !== def.place)
    const own = Object.keys(OWN).filter((id) => !listed.includes(id))
    const label = (id: string) => OWN[id] ?? def.fields.find((f) => f.id === id)?.label
    return [title, ...[...listed, ...own].flatMap((id) => (label(id) ? [{ id, label: label(id) }] : []))]
}

/* Those shown when nothing was chosen. */
export function usual(def: RecordDef): string[] {
    return ['$title', 'number', ...(def.kind_field ? [def.kind_field] : []), 'state', 'holder', 'due']
}

export function cell(r: Row, id: string, pb: Playbook): string {
    if (id === '$title') return r.title ?? ''
    if (id === 'number') return r.number ?? ''
    if (id === 'state') return r.state_name ?? r.state
    if (id === 'opened') return shortDay(r.opened)
    if (id === 'closed') return shortDay(r.closed)
    if (id === 'due') return deadline(r).text
    if (id === 'holder') return r.holder_name ?? ''
    if (id === 'area') return r.area_name ?? ''
    const name = r.names[id]
    if (name) return Array.isArray(name) ? name.join('、') : String(name)
    const v = r.fields[id]
    if (v === undefined || v === null) return ''
    if (typeof v === 'boolean') return v ? t('是', 'Yes') : t('否', 'No')
    const f = recordOf(pb, r.type).fields.find((x) => x.id === id)
    if (f?.type === 'place') return placeOf(r)
    if (f?.type === 'time') return minute(String(v))
    if (typeof v === 'object') return ''
    return f?.unit ? `${String(v)}${f.unit}` : String(v)
}

/* The same columns, as GET /api/records/export names them. */
export function exported(ids: string[], def: RecordDef): string {
    const named = (id: string) => (id === '$title' ? [def.title, def.place] : [id === 'area' ? 'area_name' : id])
    const type = (id: string) => def.fields.find((f) => f.id === id)?.type ?? ''
    const leaves = (id: string) => !['account', 'file', 'table'].includes(type(id))
    const place = (id: string) => (type(id) === 'place' ? `${id}.text` : id)
    return [...new Set(ids.flatMap(named))].filter((id) => id !== undefined).filter(leaves).map(place).join(',')
}
