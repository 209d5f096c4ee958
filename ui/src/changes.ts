/* What others do while a page is open, by the program's event stream; one connection for all pages. */
type Listener = (ids: string[]) => void

const listeners = new Set<Listener>()
let source: EventSource | undefined

function open(): void {
    source = new EventSource('/api/stream')
    source.addEventListener('changed', (e) => {
        const { records } = JSON.parse((e as MessageEvent<string>).data) as { records: string[] }
        for (const fn of listeners) fn(records)
    })
}

/* Returns what ends it. */
export function watchChanges(fn: Listener): () => void {
    listeners.add(fn)
    if (!source) open()
    return () => {
        listeners.delete(fn)
        if (listeners.size) return
        source?.close()
        source = undefined
    }
}
