/* The question of a list, from what is chosen in the address, and its answer page by page. */
import { computed, ref, shallowRef, watch } from 'vue'
import { asker, get, type Problem } from '../api'
import { loadPlaybook, recordOf, types, type Playbook, type RecordDef } from '../playbook'
import { query } from '../route'
import { questionOf } from './condition'
import type { Row } from './desk'

interface Page {
    rows: Row[]
    next: string | null
    total?: number
    plan: string
}

const PAGE = '50'

export function useList(id: () => string) {
    const rows = shallowRef<Row[]>([])
    const next = ref<string | null>(null)
    const total = ref<number>()
    const scanned = ref(false)
    const error = ref('')
    const busy = ref(false)
    const pb = shallowRef<Playbook>()
    const def = shallowRef<RecordDef>()
    let asked = 0

    const type = computed(() => types.find((x) => x.id === id()))

    function question(after?: string): Record<string, string | undefined> {
        const sort = query.value.get('sort') || '-opened'
        return { ...questionOf(id(), def.value, pb.value), sort, limit: PAGE, after }
    }

    /* An answer that comes after a newer question is dropped. */
    async function load(more = false) {
        const mine = ++asked
        busy.value = true
        error.value = ''
        try {
            const got = await get<Page>('/api/records', question(more ? (next.value ?? undefined) : undefined))
            if (mine !== asked) return
            rows.value = more ? [...rows.value, ...got.rows] : got.rows
            next.value = got.next
            total.value = got.total
            scanned.value = got.plan === 'scan'
        } catch (e) {
            if (mine === asked) error.value = (e as Problem).detail
        }
        if (mine === asked) busy.value = false
    }

    async function open() {
        if (!type.value) return
        sessionStorage.setItem('list', type.value.id)
        pb.value ??= await loadPlaybook(type.value.playbook)
        def.value ??= recordOf(pb.value, type.value.id)
        void load()
    }
    watch([id, query, asker], open, { immediate: true })

    return { type, pb, def, rows, next, total, scanned, error, busy, question, load }
}
