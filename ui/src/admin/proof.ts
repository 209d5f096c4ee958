/* Checks a log in the browser itself, with nothing of the server but its answers: RFC 6962 hashes, the proofs of
 * RFC 9162 2.1.3.2 and 2.1.4.2, and the signature of a C2SP checkpoint.  tools/verify_log.py does the same outside. */

export interface Checkpoint {
    origin: string
    size: number
    root: Uint8Array
    signed: Uint8Array // the bytes that were signed
    signatures: { name: string; bytes: Uint8Array }[]
}

/* A browser has WebCrypto on HTTPS and on this machine only. */
export const able = () => typeof crypto !== 'undefined' && !!crypto.subtle

export function bytesOf(base64: string): Uint8Array {
    return Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))
}

function join(...parts: Uint8Array[]): Uint8Array {
    const all = new Uint8Array(parts.reduce((n, p) => n + p.length, 0))
    let at = 0
    for (const p of parts) {
        all.set(p, at)
        at += p.length
    }
    return all
}

async function sha256(bytes: Uint8Array): Promise<Uint8Array> {
    return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
}

export const same = (a: Uint8Array, b: Uint8Array) => a.length === b.length && a.every((x, i) => x === b[i])
export const leafOf = (body: string) => sha256(join(Uint8Array.of(0), new TextEncoder().encode(body)))
const parent = (left: Uint8Array, right: Uint8Array) => sha256(join(Uint8Array.of(1), left, right))

type Hash = Uint8Array

/* The root to which a leaf and its path lead; null when the path has another length. */
export async function rootOf(leaf: Hash, index: number, size: number, proof: Hash[]): Promise<Hash | null> {
    let node = index
    let last = size - 1
    let root = leaf
    if (index >= size) return null
    for (const p of proof) {
        if (last === 0) return null
        if (node % 2 === 1 || node === last) {
            root = await parent(p, root)
            while (node % 2 === 0 && node !== 0) {
                node = Math.floor(node / 2)
                last = Math.floor(last / 2)
            }
        } else root = await parent(root, p)
        node = Math.floor(node / 2)
        last = Math.floor(last / 2)
    }
    return last === 0 ? root : null
}

/* Does the log of the newer checkpoint begin with all of the older one? */
export async function continues(old: Checkpoint, now: Checkpoint, proof: Uint8Array[]): Promise<boolean> {
    if (old.origin !== now.origin || old.size > now.size) return false
    if (old.size === now.size) return !proof.length && same(old.root, now.root)
    if (old.size === 0) return !proof.length
    const steps = Number.isInteger(Math.log2(old.size)) ? [old.root, ...proof] : [...proof]
    if (!steps.length) return false
    let node = old.size - 1
    let last = now.size - 1
    const half = () => {
        node = Math.floor(node / 2)
        last = Math.floor(last / 2)
    }
    while (node % 2 === 1) half()
    let [before, after] = [steps[0], steps[0]]
    for (const step of steps.slice(1)) {
        if (last === 0) return false
        if (node % 2 === 1 || node === last) {
            before = await parent(step, before)
            after = await parent(step, after)
            while (node % 2 === 0 && node !== 0) half()
        } else after = await parent(after, step)
        half()
    }
    return last === 0 && same(before, old.root) && same(after, now.root)
}

export function readCheckpoint(text: string): Checkpoint | null {
    const end = text.indexOf('\n\n')
    const [origin, size, root] = text.slice(0, end + 1).split('\n')
    if (end < 0 || !/^\d+$/.test(size ?? '') || !root) return null
    const signatures = text.slice(end + 2).split('\n').flatMap((line) => {
        const m = /^— (\S+) (\S+)$/.exec(line)
        return m ? [{ name: m[1], bytes: bytesOf(m[2]) }] : []
    })
    try {
        const signed = new TextEncoder().encode(text.slice(0, end + 1))
        return { origin, size: Number(size), root: bytesOf(root), signed, signatures }
    } catch {
        return null
    }
}

/* By the key NAME+HASH+BASE64 of the log; undefined: this browser knows no Ed25519. */
export async function signedBy(c: Checkpoint, vkey: string): Promise<boolean | undefined> {
    const m = /^([^+\s]+)\+([0-9a-f]{8})\+(\S+)$/.exec(vkey)
    if (!m) return false
    const [, name, id, key] = m
    const hash = id.match(/../g)?.map((x) => parseInt(x, 16)) ?? []
    const sig = c.signatures.find((s) => s.name === name && hash.every((x, i) => s.bytes[i] === x))
    if (!sig) return false
    try {
        const pub = await crypto.subtle.importKey('raw', bytesOf(key).slice(1), { name: 'Ed25519' }, false, ['verify'])
        return await crypto.subtle.verify({ name: 'Ed25519' }, pub, sig.bytes.slice(4), c.signed)
    } catch {
        return undefined
    }
}
