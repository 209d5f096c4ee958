/* Answers of the program that are kept for when there is no network: who one is, playbooks, areas, units, and
 * one's own open matters as the lists show them (details of persons are masked there). */
import { secure, seal, unseal, type Sealed } from './crypt'
import { empty, read, write } from './store'

const KEPT = /^\/api\/(session|playbooks|areas|orgs|actions)(\/[^/]+)?(\?.*)?$/

interface Row {
    key: string
    value: Sealed
}

export async function keep(key: string, value: unknown): Promise<void> {
    if (!secure) return
    try {
        await write([{ store: 'kept', put: { key, value: await seal(value) } satisfies Row }])
    } catch {
        // no room: it will be asked again
    }
}

export async function kept<T>(key: string): Promise<T | undefined> {
    if (!secure) return undefined
    try {
        const row = await read<Row>('kept', key)
        return row && (await unseal<T>(row.value))
    } catch {
        return undefined
    }
}

export function keepable(url: string): boolean {
    return KEPT.test(url)
}

/* At the log-out: the next person at this device finds nothing of this one; what waits to be sent stays. */
export async function forget(): Promise<void> {
    await empty('kept').catch(() => undefined)
}
