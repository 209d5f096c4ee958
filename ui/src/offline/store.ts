/* What lies on this device: one IndexedDB, opened once.  A write is on the disk before its promise ends. */

export type StoreName = 'outbox' | 'photo' | 'kept' | 'misc'

const STORES: [StoreName, string][] = [
    ['outbox', 'id'], // actions on their way, see outbox.ts
    ['photo', 'id'], // the bytes of their pictures, sealed
    ['kept', 'key'], // answers of the program, for when there is no network, sealed
    ['misc', 'key'], // the key, the last places
]

export interface Write {
    store: StoreName
    put?: unknown
    drop?: string
}

let opened: Promise<IDBDatabase> | undefined

function done<T>(request: IDBRequest<T>): Promise<T> {
    return new Promise((yes, no) => {
        request.onsuccess = () => yes(request.result)
        request.onerror = () => no(request.error)
    })
}

function ended(tx: IDBTransaction): Promise<void> {
    return new Promise((yes, no) => {
        tx.oncomplete = () => yes()
        tx.onabort = () => no(tx.error ?? new DOMException('aborted', 'AbortError'))
    })
}

/* A later version adds stores and never drops `outbox` or `photo`: what waits survives an upgrade. */
function open(): Promise<IDBDatabase> {
    opened ??= new Promise((yes, no) => {
        const request = indexedDB.open('bihuan', 1)
        request.onupgradeneeded = () => {
            for (const [name, keyPath] of STORES)
                if (!request.result.objectStoreNames.contains(name)) request.result.createObjectStore(name, { keyPath })
        }
        request.onsuccess = () => {
            request.result.onclose = () => (opened = undefined)
            yes(request.result)
        }
        request.onerror = () => no(request.error)
    })
    opened.catch(() => (opened = undefined))
    return opened
}

export async function read<T>(store: StoreName, key: string): Promise<T | undefined> {
    const db = await open()
    return done<T | undefined>(db.transaction(store).objectStore(store).get(key))
}

export async function readAll<T>(store: StoreName): Promise<T[]> {
    const db = await open()
    return done<T[]>(db.transaction(store).objectStore(store).getAll())
}

/* All or none.  Throws QuotaExceededError when the device is full. */
export async function write(changes: Write[]): Promise<void> {
    const db = await open()
    const names = [...new Set(changes.map((c) => c.store))]
    const tx = db.transaction(names, 'readwrite', { durability: 'strict' })
    const end = ended(tx)
    for (const c of changes) {
        const store = tx.objectStore(c.store)
        if (c.put !== undefined) store.put(c.put)
        else if (c.drop !== undefined) store.delete(c.drop)
    }
    return end
}

/* The first one to bring a value wins, also between two windows. */
export async function readOrAdd<T extends { key: string }>(store: StoreName, fresh: T): Promise<T> {
    const db = await open()
    const tx = db.transaction(store, 'readwrite', { durability: 'strict' })
    const end = ended(tx)
    const all = tx.objectStore(store)
    const have = await done<T | undefined>(all.get(fresh.key))
    if (!have) all.put(fresh)
    await end // a key that is not on the disk must lock nothing
    return have ?? fresh
}

export async function empty(store: StoreName): Promise<void> {
    const db = await open()
    await done(db.transaction(store, 'readwrite').objectStore(store).clear())
}
