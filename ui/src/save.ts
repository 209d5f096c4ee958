/* A file for the person's own disk. */
import { lang, t } from './words'
import type { Problem } from './api'

export function saveAs(bytes: Blob, name: string): void {
    const url = URL.createObjectURL(bytes)
    const a = document.createElement('a')
    a.href = url
    a.download = name
    a.click()
    URL.revokeObjectURL(url)
}

/* The file that the program answers with, under the name that it gives it. */
export async function download(url: string): Promise<void> {
    const headers = { 'Accept-Language': lang.value === 'zh' ? 'zh-CN' : 'en' }
    const reply = await fetch(url, { headers }).catch(() => null)
    const detail = t('没连上服务器，请再试一次', 'The server did not answer, try again')
    if (!reply) throw { status: 0, code: 'network', title: '', detail } as Problem
    if (!reply.ok) throw (await reply.json()) as Problem
    const named = /filename\*=UTF-8''([^;]+)/.exec(reply.headers.get('Content-Disposition') ?? '')
    saveAs(await reply.blob(), named ? decodeURIComponent(named[1]) : 'file')
}
