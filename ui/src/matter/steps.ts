/* What can be done with a matter, in the order in which it is looked for. */
import type { Matter, Possible } from './matter'
import type { Builtin } from '../playbook'

export interface Steps {
    on: Possible[] // what brings it on, and what waits for this very unit
    near: Possible[] // from unit to unit
    far: Possible[] // what is seldom done
    undo?: Possible
    not: Possible[] // what cannot be done now, and says why
}

const WAITS = ['sign', 'approve', 'report_back', 'share_done']
const NEAR = ['return', 'transfer']

export function stepsOf(m: Matter, builtins: Map<string, Builtin>): Steps {
    const usable = m.actions.filter((a) => a.possible && (!a.builtin || builtins.has(a.id)))
    const on = usable.filter((a) => !a.builtin || WAITS.includes(a.id))
    const others = usable.filter((a) => !on.includes(a) && a.id !== 'undo')
    return {
        on,
        near: NEAR.flatMap((id) => others.filter((a) => a.id === id)),
        far: others.filter((a) => !NEAR.includes(a.id)),
        undo: usable.find((a) => a.id === 'undo'),
        not: m.actions.filter((a) => !a.possible),
    }
}
