/* Units, asked once; the ones this device chose last. */
import { get, session } from './api'

export interface Org {
    id: string
    name: string
    kind?: string
    area?: string
}

const KEPT = 5
let asked: Promise<Org[]> | undefined

export function allOrgs(): Promise<Org[]> {
    asked ??= get<{ rows: Org[] }>('/api/orgs').then((r) => r.rows)
    asked.catch(() => (asked = undefined))
    return asked
}

/* After one was changed. */
export function forgetOrgs(): void {
    asked = undefined
}

export function lastOrgs(): string[] {
    try {
        const list = JSON.parse(localStorage.getItem('orgs') ?? '[]') as unknown
        return Array.isArray(list) ? (list as string[]) : []
    } catch {
        return []
    }
}

export function noteOrg(id: string): void {
    localStorage.setItem('orgs', JSON.stringify([id, ...lastOrgs().filter((x) => x !== id)].slice(0, KEPT)))
}

/* How far a unit's area is from one's own: the digits of the code that differ. */
function distance(o: Org): number {
    const mine = session.me?.roles[0]?.area ?? ''
    let same = 0
    while (same < 12 && o.area?.[same] === mine[same] && mine[same] !== undefined) same++
    return 12 - same
}

/* The units of this name; of no name all: those chosen last come first, then those of one's own county. */
export function findOrgs(all: Org[], words: string): Org[] {
    const others = all.filter((o) => o.id !== session.me?.org)
    if (words) return others.filter((o) => o.name.includes(words))
    const last = lastOrgs()
    const near = (o: Org) => (last.includes(o.id) ? last.indexOf(o.id) : 100 + distance(o))
    return [...others].sort((a, b) => near(a) - near(b))
}

export type Ids = string | string[] | undefined

export const listOf = (ids: Ids): string[] => (Array.isArray(ids) ? ids : ids ? [ids] : [])

/* What is chosen after a tap on a unit. */
export function flipOrg(ids: Ids, id: string, many: boolean): Ids {
    noteOrg(id)
    const list = listOf(ids)
    if (!many) return list[0] === id ? undefined : id
    const rest = list.includes(id) ? list.filter((x) => x !== id) : [...list, id]
    return rest.length ? rest : undefined
}
