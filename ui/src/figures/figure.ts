/* Indicators and figures as the program answers them, and what a page needs to show one. */
import { get } from '../api'
import type { Words } from '../words'

export interface Term {
    count?: string // the record type that is counted, …
    sum?: string
    median?: string
    field?: string
    where?: string // … under this condition, …
    at: string // … by the day of this
}

export interface Indicator {
    id: string
    name: string
    definition: string
    exclusions?: string
    owner?: string
    unit: string
    kind: 'count' | 'rate' | 'stock' | 'median' | 'sum'
    decimals: number
    version: number
    valid_from?: string
    good?: 'up' | 'down'
    pending?: boolean
    within?: string
    sum_of?: string[]
    left_out?: string[] // counts of who is not in N, by who left them out
    recheck?: string // the same rate as re-checks by lot found it
    n?: Term
    N?: Term
    by: string[]
}

export interface Value {
    n?: number
    N?: number
    opening?: number
    in?: number
    out?: number
    closing?: number
    value: number | null
    note?: string
}

export interface Row extends Value {
    key: string | number | boolean | null
}

export interface Figure extends Value {
    id: string
    area: string
    from: string
    to: string
    version: number
    rows: Row[]
    compare?: Value & {
        kind: string
        from: string
        to: string
        change?: number | null
        points?: number | null
        comparable?: boolean
        redrawn?: Words // areas that were founded, ended or moved between the two spans
        significant?: boolean
    }
    reported?: { record?: string; issuer?: string; ours?: Value & { id: string; difference?: number } }
    beside?: (Value & { id: string; as: 'left_out' | 'recheck' })[]
    sentence: Words
    footnote: Words
    checkpoint: { size: number; root: string }
}

export function indicators(): Promise<{ rows: Indicator[] }> {
    return get('/api/indicators')
}

/* Spans that are asked for again and again. */
export function span(name: string, today: string): [string, string] {
    const [y, m, d] = today.split('-').map(Number)
    const two = (n: number) => String(n).padStart(2, '0')
    const iso = (t: Date) => `${t.getFullYear()}-${two(t.getMonth() + 1)}-${two(t.getDate())}`
    if (name === 'month') return [iso(new Date(y, m - 1, 1)), today]
    if (name === 'last') return [iso(new Date(y, m - 2, 1)), iso(new Date(y, m - 1, 0))]
    if (name === 'past') return [`${y}-01-01`, m > 1 ? iso(new Date(y, m - 1, 0)) : today]
    if (name === 'before') return [`${y - 1}-01-01`, `${y - 1}-12-31`]
    if (name === 'week') return [iso(new Date(y, m - 1, d - 6)), today]
    return [`${y}-01-01`, today]
}

export function shown(v: Value, of: Indicator): string {
    if (v.value === null || v.value === undefined) return '—'
    const text = v.value.toFixed(of.decimals)
    return of.kind === 'rate' ? `${text}%` : text
}

/* The matters behind a number: the condition of its term, within the span.  What was merged or undone is
 * never counted, so it is not listed either. */
export function behind(term: Term, from: string, to: string, timed: boolean): string {
    const next = new Date(`${to}T00:00:00Z`)
    next.setUTCDate(next.getUTCDate() + 1)
    const end = next.toISOString().slice(0, 10)
    const parts = [
        term.where && `(${term.where})`,
        timed ? `${term.at} >= TIMESTAMP('${from}T00:00:00')` : `${term.at} >= DATE('${from}')`,
        timed ? `${term.at} < TIMESTAMP('${end}T00:00:00')` : `${term.at} < DATE('${end}')`,
        'merged_into IS NULL AND void = FALSE',
    ]
    return parts.filter(Boolean).join(' AND ')
}
