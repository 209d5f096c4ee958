/* Which columns of a list are shown and how wide they are; kept on this device. */
import { computed, ref, watch } from 'vue'
import type { RecordDef } from '../playbook'
import { columnsOf, usual, WIDTH } from './columns'

interface Kept {
    shown: string[]
    widths: Record<string, number>
}

const LEAST = 64, MOST = 640 // pixels

function keptOf(key: string, def: RecordDef): Kept {
    const old = JSON.parse(localStorage.getItem(key) ?? 'null') as Partial<Kept> | null
    return { shown: old?.shown ?? usual(def), widths: old?.widths ?? {} }
}

const keyOf = (list: string) => `columns ${list}`

/* Those of a list that are shown, in their order. */
export function shownColumns(list: string, def: RecordDef): string[] {
    const { shown } = keptOf(keyOf(list), def)
    return columnsOf(def).map((c) => c.id).filter((id) => shown.includes(id))
}

export function useColumns(name: () => string, def: () => RecordDef) {
    const key = () => keyOf(name())
    const kept = ref<Kept>({ shown: [], widths: {} })
    const all = computed(() => columnsOf(def()))
    const visible = computed(() => all.value.filter((c) => kept.value.shown.includes(c.id)))
    const width = (id: string) => kept.value.widths[id] ?? WIDTH[id] ?? WIDTH.other

    watch(
        key,
        (k) => (kept.value = keptOf(k, def())),
        { immediate: true },
    )

    function keep(change: Partial<Kept>) {
        kept.value = { ...kept.value, ...change }
        localStorage.setItem(key(), JSON.stringify(kept.value))
    }

    function flip(id: string) {
        const { shown } = kept.value
        keep({ shown: shown.includes(id) ? shown.filter((x) => x !== id) : [...shown, id] })
    }

    function resize(id: string, to: number) {
        keep({ widths: { ...kept.value.widths, [id]: Math.round(Math.min(Math.max(to, LEAST), MOST)) } })
    }

    return { all, visible, width, flip, resize, limits: [LEAST, MOST] as const }
}
