/* What waits on the device is sealed: AES-256-GCM with a key that WebCrypto does not give out.  Whoever copies
 * the files of the browser has no use of it elsewhere; whoever can open the browser itself has. */
import { readOrAdd } from './store'

export interface Sealed {
    iv: Uint8Array
    bytes: ArrayBuffer
}

/* WebCrypto and service workers are given to HTTPS and to this very device only. */
export const secure = typeof crypto !== 'undefined' && !!crypto.subtle && window.isSecureContext

let own: Promise<CryptoKey> | undefined

function key(): Promise<CryptoKey> {
    own ??= crypto.subtle
        .generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt'])
        .then((fresh) => readOrAdd('misc', { key: 'key', value: fresh }))
        .then((row) => row.value)
    own.catch(() => (own = undefined))
    return own
}

export async function sealBytes(plain: BufferSource): Promise<Sealed> {
    const iv = crypto.getRandomValues(new Uint8Array(12))
    return { iv, bytes: await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, await key(), plain) }
}

export async function openBytes(s: Sealed): Promise<ArrayBuffer> {
    return crypto.subtle.decrypt({ name: 'AES-GCM', iv: s.iv }, await key(), s.bytes)
}

export function seal(value: unknown): Promise<Sealed> {
    return sealBytes(new TextEncoder().encode(JSON.stringify(value)))
}

export async function unseal<T>(s: Sealed): Promise<T> {
    return JSON.parse(new TextDecoder().decode(await openBytes(s))) as T
}
