/* One matter as the program tells it, shared with the inputs that choose among its parts. */
import type { InjectionKey, Ref } from 'vue'
import { recordOf, type Field, type Playbook } from '../playbook'
import { t, type Words } from '../words'

export interface Possible {
    id: string
    name: string
    name_en: string
    possible: boolean
    parties?: { part: number; row: number; name: string; name_en: string }[]
    why?: string
    why_en?: string
    later?: boolean // another step of the matter comes first
    builtin?: boolean
    form?: { field: string; required: boolean }[]
    needs?: string[]
}

export interface Clock {
    id: string
    n: number
    name: string
    state: string
    main?: boolean
    due?: string
    done?: string
    says?: string
    moved?: string
}

export interface Part {
    i: number
    kind: string
    what?: string
    open?: boolean
    org?: string
    org_name?: string
    from_name?: string
    mode?: string
    reason?: string
    right_org?: string
    sent?: string
    signed?: string
    returned?: string
    revoked?: string
    return_until?: string
    at?: string
    done?: string
    due?: string
    text?: string
    report?: string
    number?: string
    doc?: string
    files?: unknown[]
    rule?: string
    plan?: string
    round?: number
}

export interface Linked {
    to: string
    rel: string
    number?: string
    state?: string
}

export interface Matter {
    shows?: string[] // details that the step of this account needs: POST look {task}
    id: string
    type: string
    type_name: string
    playbook: string
    number?: string
    title?: string
    version: number
    state: string
    state_name: string
    area: string
    area_name?: string
    holder?: string
    holder_name?: string
    opened: string
    last_at?: string
    closed?: string
    due?: string
    clock?: string
    void?: boolean
    reopened?: boolean
    merged_into?: string
    fields: Record<string, unknown>
    names: Record<string, unknown>
    clocks: Clock[]
    parts: Part[]
    links: Linked[]
    actions: Possible[]
}

export const MATTER: InjectionKey<Ref<Matter | undefined>> = Symbol('matter')

interface Choice {
    value: string
    name: Words
}

const two = (s: string): Words => ({ zh: s, en: s })

const PARTS: Record<string, Words> = {
    unseal: { zh: '申请解除限制查看', en: 'Asked to take the seal off' },
    look: { zh: '申请查看', en: 'Asked to look' },
    extend: { zh: '申请延长时限', en: 'Asked for an extension' },
    approval: { zh: '送审', en: 'Approval' },
    instruct: { zh: '批示', en: 'Instruction' },
    supervise: { zh: '督办', en: 'Supervision' },
    share: { zh: '协办', en: 'Joint handling' },
    transfer: { zh: '转办', en: 'Transfer' },
}

/* What it is about, where one says so, or its kind. */
export const partKind = (p: Part) => PARTS[p.what ?? ''] ?? PARTS[p.kind] ?? two(p.kind)

function partName(p: Part): Words {
    const what = partKind(p)
    const more = [p.number, p.org_name, p.text].filter(Boolean).join(' ')
    return { zh: `${what.zh} ${more}`, en: `${what.en} ${more}` }
}

/* What an input of a built-in action chooses among in this matter; undefined: it is another kind of input. */
export function amongParts(f: Field, m: Matter, pb: Playbook): Choice[] | undefined {
    if (f.type === 'part') {
        const kinds = (f.kinds ?? '').split(' ')
        const open = m.parts.filter((p) => p.open && kinds.includes(p.kind))
        return open.map((p) => ({ value: String(p.i), name: partName(p) }))
    }
    if (f.type === 'clock') {
        const running = m.clocks.filter((c) => !c.done)
        const own = recordOf(pb, m.type).clocks ?? []
        return own.filter((c) => running.some((r) => r.id === c.id)).map((c) => ({ value: c.id, name: c.name }))
    }
    if (f.type === 'field') {
        const held = recordOf(pb, m.type).fields.filter((x) => m.fields[x.id] !== undefined)
        const erasable = held.filter((x) => x.vault || DETACHED.includes(x.type))
        return erasable.map((x) => ({ value: x.id, name: x.label }))
    }
    return undefined
}

const DETACHED = ['text', 'person', 'place', 'file']

export const nameOf = (a: Possible): string => t(a.name, a.name_en)
