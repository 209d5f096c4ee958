/* One value of a field in words. */
import type { Field, Playbook } from '../playbook'
import { minute } from '../show'
import { say, t } from '../words'

interface Thing {
    masked?: boolean
    name?: string
    text?: string
    words?: string
    phone?: string
}

const HIDDEN = '已隐去，点击查看' // as the program says it
const KNOWN = ['masked', 'name', 'phone']

function codeName(field: Field, pb: Playbook, code: unknown): string {
    const c = pb.codes.find((l) => l.id === field.codes)?.codes.find((x) => x.code === code)
    return c ? say(c.name) : String(code)
}

function personText(p: Thing): string {
    const more = Object.entries(p).filter(([k]) => !KNOWN.includes(k)).map(([, v]) => String(v))
    return [p.name, p.phone, ...more].filter(Boolean).join(' ')
}

function placeText(v: Thing): string {
    return v.words ?? v.text ?? t('已定位', 'located')
}

/* name: as the program says it, of what has a code or an id */
export function valueWords(field: Field, pb: Playbook, v: unknown, name?: unknown): string {
    if (v === HIDDEN) return t('已隐去', 'hidden')
    if (typeof v === 'boolean') return v ? t('是', 'Yes') : t('否', 'No')
    if (field.type === 'code') return codeName(field, pb, v)
    if (name) return String(name)
    if (field.type === 'money') return `${Number(v).toFixed(2)} ${t('元', 'CNY')}`
    if (field.type === 'time') return minute(String(v))
    if (typeof v === 'number') return field.unit ? `${v} ${field.unit}` : String(v)
    if (field.type === 'place') return typeof v === 'string' ? v : placeText(v as Thing)
    if (field.type === 'person') return personText(v as Thing)
    return String(v)
}
