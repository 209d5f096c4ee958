/* Units, asked once; the ones this device chose last. */
import { get } from './api'

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
