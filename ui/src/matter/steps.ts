/* What can be done with a matter, in the order in which it is looked for. */
import type { Matter, Possible } from './matter'
import type { Builtin } from '../playbook'
import { t } from '../words'

export interface Steps {
    on: Possible[] // what brings it on, and what waits for this very unit
    near: Possible[] // from unit to unit
    far: Possible[] // what is seldom done
    undo?: Possible
    not: { why: string; of: Possible[] }[] // what cannot be done now, by why not
}

const WAITS = ['sign', 'approve', 'report_back', 'share_done']
const NEAR = ['return', 'transfer']

/* Several steps wait for the same: it is said once.  What only waits for another step of the matter comes last. */
function byReason(all: Possible[]): Steps['not'] {
    const reasons = new Map<string, Possible[]>()
    for (const a of all) {
        const why = t(a.why ?? '', a.why_en ?? '')
        reasons.set(why, [...(reasons.get(why) ?? []), a])
    }
    const later = (of: Possible[]) => Number(!!of[0].later)
    return [...reasons].map(([why, of]) => ({ why, of })).sort((a, b) => later(a.of) - later(b.of))
}

export function stepsOf(m: Matter, builtins: Map<string, Builtin>): Steps {
    const usable = m.actions.filter((a) => a.possible && (!a.builtin || builtins.has(a.id)))
    const on = usable.filter((a) => !a.builtin || WAITS.includes(a.id))
    const others = usable.filter((a) => !on.includes(a) && a.id !== 'undo')
    return {
        on,
        near: NEAR.flatMap((id) => others.filter((a) => a.id === id)),
        far: others.filter((a) => !NEAR.includes(a.id)),
        undo: usable.find((a) => a.id === 'undo'),
        not: byReason(m.actions.filter((a) => !a.possible)),
    }
}
