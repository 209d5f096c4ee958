/* Playbooks as they are handed over: a folder, a zip, or one text.  Only the names and the texts are taken. */
import { unzipSync } from 'fflate'
import { t } from '../words'

const MOST = 4 << 20 // bytes of all texts

export type Texts = Record<string, string>

/* The name without its folder; the program wants names, never paths. */
function plain(path: string): string {
    return path.split('/').pop() ?? path
}

const wanted = (name: string) => /\.ya?ml$/i.test(name) && !plain(name).startsWith('.')

/* A file is left packed until its size is known to be small enough. */
async function unzip(file: File): Promise<Texts> {
    let room = MOST
    const fits = (f: { name: string; originalSize: number }) => wanted(f.name) && (room -= f.originalSize) >= 0
    try {
        const files = unzipSync(new Uint8Array(await file.arrayBuffer()), { filter: fits })
        if (room < 0) throw new Error('too big')
        const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes)
        return Object.fromEntries(Object.entries(files).map(([path, bytes]) => [plain(path), decode(bytes)]))
    } catch {
        const en = 'This archive cannot be read: make a zip again, or choose the folder.'
        throw new Error(t('这个压缩包读不出来：请重新压缩成 zip，或直接选文件夹。', en))
    }
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
