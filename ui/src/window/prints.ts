/* Printed papers: asked for as bytes, opened in a tab of their own. */
import { ask, session, type Problem } from '../api'
import { lang } from '../words'

export interface Paper {
    id: string
    name: string
    title: string // in Chinese, as it stands on the paper
    print: boolean
    attached: boolean
    receipt: boolean
    details?: string[] // fields of persons that it prints
}

interface Looked {
    receipt: { event: string }
}

async function bytes(url: string, body?: unknown): Promise<Blob> {
    const headers: Record<string, string> = { 'Accept-Language': lang.value === 'zh' ? 'zh-CN' : 'en' }
    if (body) {
        headers['Content-Type'] = 'application/json'
        headers['X-CSRF-Token'] = session.me?.csrf ?? ''
    }
    const sent = body ? JSON.stringify(body) : undefined
    const reply = await fetch(url, { method: body ? 'POST' : 'GET', headers, body: sent })
    if (reply.ok) return reply.blob()
    throw (await reply.json()) as Problem
}

function show(blob: Blob, name: string): void {
    const url = URL.createObjectURL(blob)
    if (blob.type === 'application/pdf' && window.open(url, '_blank')) return
    const a = document.createElement('a')
    a.href = url
    a.download = name
    a.click()
}

/* With details: first the look, for this very paper, then the paper. */
export async function printPaper(matter: string, paper: Paper, kind: 'pdf' | 'docx', details: boolean): Promise<void> {
    let look = ''
    if (details && paper.details?.length) {
        const purpose = `打印《${paper.title}》`
        const seen = await ask<Looked>('POST', `/api/records/${matter}/look`, { fields: paper.details, purpose })
        look = `?look=${seen.receipt.event}`
    }
    show(await bytes(`/api/records/${matter}/documents/${paper.id}.${kind}${look}`), `${paper.name}.${kind}`)
}

export async function printDossier(matter: string, details: string[]): Promise<void> {
    let look = ''
    if (details.length) {
        const seen = await ask<Looked>('POST', `/api/records/${matter}/look`, { fields: details, purpose: '卷宗成册' })
        look = `?look=${seen.receipt.event}`
    }
    show(await bytes(`/api/records/${matter}/dossier.pdf${look}`), '卷宗.pdf')
}

export async function receiptPdf(matter: string, token: string, format: 'a5' | '80mm'): Promise<void> {
    show(await bytes(`/api/records/${matter}/receipt`, { token, format }), `${format}.pdf`)
}
