/* One matter with its history, as it stands now, and the details that were looked at. */
import { ref, shallowRef } from 'vue'
import { ask, get, type Problem } from '../api'
import type { Matter } from './matter'
import { loadBuiltins, loadPlaybook, recordOf, type Builtin, type Playbook, type RecordDef } from '../playbook'

export interface Happened {
    seq: number
    at: string
    zh: string
    en: string
    said: Record<string, string>
}

interface Events {
    rows: Happened[]
    next: number | null
}

interface Looked {
    fields: Record<string, unknown>
    version: number
}

export function useMatter(id: () => string) {
    const url = () => `/api/records/${id()}`
    const matter = ref<Matter>()
    const pb = shallowRef<Playbook>()
    const def = shallowRef<RecordDef>()
    const builtins = shallowRef(new Map<string, Builtin>())
    const events = shallowRef<Happened[]>([])
    const more = ref<number | null>(null)
    const seen = ref<Record<string, unknown>>({})
    const error = ref('')
    let loading = Promise.resolve()

    async function showEvents() {
        const got = await get<Events>(`${url()}/events`)
        events.value = got.rows
        more.value = got.next
    }

    /* The step that this account works on needs them: it is the purpose, and is recorded once, not at each view. */
    async function showForStep() {
        if (!matter.value?.shows?.length) return
        try {
            const got = await ask<Looked>('POST', `${url()}/look`, { task: true })
            seen.value = { ...got.fields, ...seen.value }
            if (got.version !== matter.value.version + 1) return
            matter.value.version = got.version // by this look and nothing else
            await showEvents()
        } catch {
            /* they stay masked; the button asks for a purpose */
        }
    }

    async function open() {
        error.value = ''
        try {
            const [got, all] = await Promise.all([get<Matter>(url()), loadBuiltins(), showEvents()])
            pb.value = await loadPlaybook(got.playbook)
            def.value = recordOf(pb.value, got.type)
            builtins.value = all
            matter.value = got
            await showForStep()
        } catch (e) {
            error.value = (e as Problem).detail
        }
    }

    const load = () => (loading = open())

    async function isOlder(): Promise<boolean> {
        await loading
        const now = await get<Matter>(url()).catch(() => undefined)
        return now !== undefined && now.version !== matter.value?.version
    }

    async function moreEvents() {
        const got = await get<Events>(`${url()}/events`, { after: String(more.value) })
        events.value = [...events.value, ...got.rows]
        more.value = got.next
    }

    /* Throws why not. */
    async function look(fields: string[], purpose: string) {
        const got = await ask<Looked>('POST', `${url()}/look`, { fields, purpose })
        seen.value = { ...seen.value, ...got.fields }
        await load()
    }

    return { matter, pb, def, builtins, events, more, seen, error, load, isOlder, moreEvents, look }
}
