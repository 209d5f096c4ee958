/* What is being typed, kept for this tab: a reload, an ended session or a wrong tap loses nothing.  It goes
 * when the form is sent or given up, and with the log-out. */
import type { Upload } from './parts/FileInput.vue'

export interface Draft {
    id: string // of the action: sending again after a lost answer records it once
    values: Record<string, unknown>
    documents: Record<string, Upload[] | undefined>
}

const key = (form: string) => `form ${form}`

export function readDraft(form: string): Draft | null {
    try {
        return JSON.parse(sessionStorage.getItem(key(form)) ?? 'null') as Draft | null
    } catch {
        return null
    }
}

export function keepDraft(form: string, draft: Draft): void {
    try {
        sessionStorage.setItem(key(form), JSON.stringify(draft))
    } catch {
        // no room: it stays on the screen
    }
}

export function dropDraft(form: string): void {
    sessionStorage.removeItem(key(form))
}
