/* The area tree, from one's own areas down. */
import { addressOf, ask, get, session } from './api'
import { keep } from './offline/kept'

export interface Area {
    code: string
    name: string
    full: string
    parent?: string
    level: number
    children: number
    valid_from?: string
    valid_to?: string // the last day
    successor?: string
}

/* The areas of one's roles. */
export function ownAreas(): Area[] {
    return (session.me?.roles ?? [])
        .map((r) => ({ code: r.area, name: r.area_name, full: r.area_name, level: 0, children: 1 }))
        .filter((a, i, all) => all.findIndex((b) => b.code === a.code) === i)
}

/* One's own area when there is nothing below it to choose among: then it is not asked for. */
export async function onlyArea(): Promise<string | undefined> {
    const own = ownAreas()
    return own.length === 1 && !(await below(own[0].code)).length ? own[0].code : undefined
}

const BELOW = '/api/areas'

export async function below(code: string): Promise<Area[]> {
    return (await get<{ rows: Area[] }>(BELOW, { parent: code })).rows
}

/* Two levels below one's own areas in one answer each, kept as `below` asks for them level by level. */
export async function keepBelow(): Promise<void> {
    for (const { code: own } of ownAreas()) {
        const { rows } = await ask<{ rows: Area[] }>('GET', addressOf(BELOW, { parent: own, levels: '2' }))
        const parents = new Set([own, ...rows.flatMap((a) => a.parent ?? [])])
        for (const parent of parents) {
            const children = rows.filter((a) => a.parent === parent)
            await keep(addressOf(BELOW, { parent }), { rows: children })
        }
    }
}

export function areaOf(code: string): Promise<Area> {
    return get<Area>(`/api/areas/${code}`)
}

/* Areas at or below one, or of the whole tree, by a part of the name or by the beginning of the code. */
export async function findAreas(inside: string | undefined, search: string): Promise<Area[]> {
    const url = `/api/areas?${new URLSearchParams(inside ? { parent: inside, search } : { search })}`
    return (await ask<{ rows: Area[] }>('GET', url)).rows // not kept for when there is no network
}

/* From one of `roots` down to an area; empty when it lies in none of them. */
export async function wayTo(code: string, roots: Area[]): Promise<string[]> {
    const way = [code]
    for (let at: string | undefined = code; !roots.some((r) => r.code === at); way.unshift(at)) {
        at = (await areaOf(at)).parent
        if (!at) return []
    }
    return way
}
