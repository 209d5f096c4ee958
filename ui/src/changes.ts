/* What others do while a page is open, by the program's event stream; one connection for all pages.  A lost network the
 * browser mends by itself; an answer that is no stream (a proxy whose server is being begun anew) ends its tries. */
type Listener = (ids: string[]) => void

const AGAIN = 30_000

const listeners = new Set<Listener>()
let source: EventSource | undefined
let again = 0

function open(): void {
    source = new EventSource('/api/stream')
    source.addEventListener('changed', (e) => {
        const { records } = JSON.parse((e as MessageEvent<string>).data) as { records: string[] }
        for (const fn of listeners) fn(records)
    })
    source.addEventListener('error', () => {
        if (source?.readyState === EventSource.CLOSED) again = window.setTimeout(open, AGAIN)
    })
}

/* Returns what ends it. */
export function watchChanges(fn: Listener): () => void {
    listeners.add(fn)
    if (!source) open()
    return () => {
        listeners.delete(fn)
        if (listeners.size) return
        window.clearTimeout(again)
        source?.close()
        source = undefined
    }
}
