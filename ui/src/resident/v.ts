/* /v#CODE from the foot of a printed paper: does the log still hold what it was printed from? */
import { ask, el, langButton, page, t, type Problem } from './plain'

interface Check {
    seq: number
    recorded: string
    size: number
    proof: string
}

function form(code: string): HTMLElement {
    const input = el('input', '', { id: 'code', required: true, value: code, autocomplete: 'off', spellcheck: false })
    const label = el('label', t('纸张下方的核验码', 'The code at the foot of the paper'), { htmlFor: 'code' }, input)
    const f = el('form', '', {}, label, el('button', t('核验', 'Check'), { className: 'main' }))
    f.onsubmit = (e) => {
        e.preventDefault()
        location.hash = input.value.trim().toLowerCase()
        void check()
    }
    return f
}

function show(code: string, head: string, good: boolean, ...more: Node[]): void {
    const title = el('h1', head, { className: good ? 'good' : '' })
    page.replaceChildren(langButton(() => void check()), title, ...more, form(code))
}

async function check(): Promise<void> {
    const code = location.hash.slice(1)
    if (!code) return show('', t('核验一张纸', 'Check a paper'), false)
    try {
        const c = await ask<Check>(`/api/check?${new URLSearchParams({ code })}`)
        const day = c.recorded.slice(0, 16).replace('T', ' ')
        const proof = el('a', t('下载核验凭证', 'Download the proof'), {
            href: URL.createObjectURL(new Blob([c.proof], { type: 'text/plain' })), download: `${code}.tlog-proof`,
        })
        show(code, t('没有被改动', 'Unchanged'), true,
            el('p', t(`打印所依据的第${c.seq}条办理记录，${day} 记下，至今没有被改动。`,
                `Event ${c.seq}, recorded ${day}, which the paper was printed from, is unchanged.`)),
            el('p', t(`全部记录现有${c.size}条。凭证可以交给任何人独立核对。`,
                `The log has ${c.size} events. Anybody can check the proof on his own.`), { className: 'soft' }),
            el('p', '', {}, proof))
    } catch (e) {
        const why = el('p', (e as Problem).detail, { className: 'said', role: 'alert' })
        show(code, t('核验不通过', 'Not confirmed'), false, why)
    }
}

window.addEventListener('hashchange', () => void check())
void check()
