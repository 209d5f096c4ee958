/* Units, accounts and areas as the pages of administration see them. */
import type { Role } from '../api'
import type { Area } from '../areas'
import { t } from '../words'

export interface Unit {
    id: string
    name: string
    kind?: string
    area?: string
    area_name?: string
    parent?: string
    parent_name?: string
    phone?: string
    accounts: boolean
    closed?: boolean
    open?: number
}

export interface Account {
    id: string
    login: string
    name?: string
    org?: string
    org_name?: string
    roles: Role[]
    closed?: boolean
}

export function ended(a: Area, today: string): boolean {
    return !!a.valid_to && a.valid_to < today
}

export function roleLine(r: Role): string {
    return `${r.name} · ${r.area_name || r.area}`
}

export function closedWord(): string {
    return t('已停用', 'closed')
}
