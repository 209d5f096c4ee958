/* Playbooks as they are handed over: a folder, a zip, or one text.  Only the names and the texts are taken. */
import { t } from '../words'

const CENTRAL = 0x02014b50
const END = 0x06054b50
const STORED = 0
const DEFLATED = 8
const MOST = 4 << 20 // bytes of all texts

export type Texts = Record<string, string>

/* The name without its folder; the program wants names, never paths. */
function plain(path: string): string {
    return path.split('/').pop() ?? path
}

const wanted = (name: string) => /\.ya?ml$/i.test(name) && !plain(name).startsWith('.')

async function inflate(bytes: Uint8Array): Promise<Uint8Array> {
    const stream = new Blob([bytes as BlobPart]).stream().pipeThrough(new DecompressionStream('deflate-raw'))
    return new Uint8Array(await new Response(stream).arrayBuffer())
}

/* By the directory at the end of the file (PKWARE APPNOTE 4.3.12, 4.3.16). */
async function unzip(file: File): Promise<Texts> {
    const bytes = new Uint8Array(await file.arrayBuffer())
    const view = new DataView(bytes.buffer)
    const broken = new Error(t('这个压缩包读不出来：请重新压缩成 zip，或直接选文件夹。', 'This archive cannot be read: make a zip again, or choose the folder.'))
    let end = bytes.length - 22
    while (end >= 0 && view.getUint32(end, true) !== END) end--
    if (end < 0) throw broken
    const texts: Texts = {}
    let at = view.getUint32(end + 16, true)
    let room = MOST
    for (let n = view.getUint16(end + 10, true); n > 0; n--) {
        if (at + 46 > bytes.length || view.getUint32(at, true) !== CENTRAL) throw broken
        const [method, size, whole] = [view.getUint16(at + 10, true), view.getUint32(at + 20, true), view.getUint32(at + 24, true)]
        const [name, extra, note] = [28, 30, 32].map((k) => view.getUint16(at + k, true))
        const local = view.getUint32(at + 42, true)
        const path = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + name))
        at += 46 + name + extra + note
        if (!wanted(path)) continue
        room -= whole
        if (room < 0 || local + 30 > bytes.length || ![STORED, DEFLATED].includes(method)) throw broken
        const from = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true)
        const packed = bytes.subarray(from, from + size)
        texts[plain(path)] = new TextDecoder().decode(method === DEFLATED ? await inflate(packed) : packed)
    }
    return texts
}

/* playbook.yaml and what it includes; other files of the folder (a rehearsal's plan) are not of the playbook. */
export function belonging(texts: Texts): Texts {
    const head = texts['playbook.yaml'] ?? ''
    const named = (/^include:\s*\[([^\]]*)\]/m.exec(head)?.[1] ?? '').split(',')
    const lines = /^include:[^\S\n]*\n((?:\s*-[^\n]*\n?)+)/m.exec(head)?.[1].split('\n') ?? []
    const names = [...named, ...lines].map((s) => s.replace(/^\s*-/, '').replace(/#.*/, '').replace(/["']/g, '').trim())
    return Object.fromEntries(Object.entries(texts).filter(([n]) => n === 'playbook.yaml' || names.includes(n)))
}

export async function textsOf(files: File[]): Promise<Texts> {
    const zip = files.find((f) => /\.zip$/i.test(f.name))
    return belonging(zip ? await unzip(zip) : await read(files))
}

async function read(files: File[]): Promise<Texts> {
    const texts: Texts = {}
    for (const f of files) if (wanted(f.name)) texts[plain(f.name)] = await f.text()
    return texts
}
