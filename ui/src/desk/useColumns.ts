/* Which columns of a list are shown and how wide they are; kept on this device. */
import { computed, ref, watch } from 'vue'
import type { RecordDef } from '../playbook'
import { columnsOf, usual, WIDTH } from './columns'

interface Kept {
    shown: string[]
    widths: Record<string, number>
}

const LEAST = 64, MOST = 640 // pixels

export function useColumns(name: () => string, def: () => RecordDef) {
    const key = () => `columns ${name()}`
    const kept = ref<Kept>({ shown: [], widths: {} })
    const all = computed(() => columnsOf(def()))
    const visible = computed(() => all.value.filter((c) => kept.value.shown.includes(c.id)))
    const width = (id: string) => kept.value.widths[id] ?? WIDTH[id] ?? WIDTH.other

    watch(
        key,
        (k) => {
            const old = JSON.parse(localStorage.getItem(k) ?? 'null') as Partial<Kept> | null
            kept.value = { shown: old?.shown ?? usual(def()), widths: old?.widths ?? {} }
        },
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
