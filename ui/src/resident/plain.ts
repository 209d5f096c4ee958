/* The pages for people without an account: small, no framework, large type.  Everything is set as text,
 * never as markup. */
import './resident.css'

export let zh = (localStorage.getItem('lang') ?? navigator.language.slice(0, 2)) !== 'en'

export function t(chinese: string, english: string): string {
    return zh ? chinese : english
}

export function switchLang(): void {
    zh = !zh
    localStorage.setItem('lang', zh ? 'zh' : 'en')
    document.documentElement.lang = t('zh-CN', 'en')
}

export const page = document.getElementById('page') as HTMLElement
document.documentElement.lang = t('zh-CN', 'en')

export function el<K extends keyof HTMLElementTagNameMap>(
    tag: K, text = '', more: Partial<HTMLElementTagNameMap[K]> = {}, ...inside: Node[]
): HTMLElementTagNameMap[K] {
    const x = document.createElement(tag)
    x.textContent = text
    Object.assign(x, more)
    x.append(...inside)
    return x
}

export interface Problem {
    status: number
    detail: string
}

/* Throws a Problem, also when nothing answered. */
export async function ask<T>(url: string, body?: unknown): Promise<T> {
    let reply: Response
    try {
        reply = await fetch(url, {
            method: body ? 'POST' : 'GET',
            headers: { 'Accept-Language': t('zh-CN', 'en'), ...(body ? { 'Content-Type': 'application/json' } : {}) },
            body: body ? JSON.stringify(body) : undefined,
            cache: 'no-store',
            credentials: 'omit',
        })
    } catch {
        throw { status: 0, detail: t('没连上，请过一会儿再试', 'No connection, please try again') } as Problem
    }
    const answer = await reply.json().catch(() => ({}))
    if (reply.ok) return answer as T
    throw { status: reply.status, detail: answer.detail ?? t('现在查不到，请过一会儿再试', 'Please try again later') } as Problem
}

export function langButton(again: () => void): HTMLElement {
    return el('button', t('EN', '中文'), {
        className: 'lang', type: 'button', lang: t('en', 'zh-CN'),
        onclick: () => {
            switchLang()
            again()
        },
    })
}
