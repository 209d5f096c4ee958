/* What waits, as the program tells it. */
import { get } from '../api'
import { left } from '../show'

export interface Line {
    since: string
    at?: string
    says?: string
    matter: Row
}

/* A matter as a line of a list. */
export interface Row {
    id: string
    type: string
    type_name: string
    number?: string
    title?: string
    version: number
    state: string
    state_name?: string
    area?: string
    area_name?: string
    opened: string
    closed?: string
    due?: string // of the main clock
    clock?: string
    next_due?: string // of the running clock that ends first
    next_clock?: string
    holder?: string
    holder_name?: string
    fields: Record<string, unknown>
    names: Record<string, unknown>
}

export interface Waiting {
    id: string
    name: string
    n: number
    more: boolean
    next?: number
    rows?: Line[]
    all?: string // address of the whole list
}

export type Of = 'me' | 'unit' | 'area'

export async function desk(of: Of, list?: string, after?: number): Promise<Waiting[]> {
    return (await get<{ lists: Waiting[] }>('/api/desk', { of, list, after: after?.toString() })).lists
}

/* What is told as its time: the main clock, or the one that runs now. */
export const deadline = (r: Row) => left(r.due ?? r.next_due)

/* Where a matter lies, in the words of who reported it; the field is of type place whatever its name. */
export function placeOf(r: Row): string {
    for (const v of Object.values(r.fields))
        if (v && typeof v === 'object' && 'text' in v && typeof v.text === 'string') return v.text
    return r.area_name ?? ''
}
