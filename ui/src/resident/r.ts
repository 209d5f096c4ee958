/* /r#TOKEN from the QR code of the slip, or /r with the eight digits and the day: where it is, who, since
 * when, what next, by when; and two buttons. */
import { ask, el, langButton, page, t, zh, type Problem } from './plain'

interface Matter {
    where: string
    who: string
    since: string
    next: string
    by: string
    due?: string
    number?: string
    phone?: string
    done: boolean
    actions: { id: string; name: string; answer?: 'satisfied' | 'unsolved' }[]
}

type Key = { token: string } | { digits: string; date: string }
let key: Key | undefined
let said = ''

function uuid7(): string {
    const b = crypto.getRandomValues(new Uint8Array(16))
    let ms = Date.now()
    for (let i = 5; i >= 0; i--, ms = Math.floor(ms / 256)) b[i] = ms % 256
    b[6] = (b[6] & 0x0f) | 0x70
    b[8] = (b[8] & 0x3f) | 0x80
    const h = Array.from(b, (x) => x.toString(16).padStart(2, '0')).join('')
    return [h.slice(0, 8), h.slice(8, 12), h.slice(12, 16), h.slice(16, 20), h.slice(20)].join('-')
}

function today(): string {
    const d = new Date()
    return [d.getFullYear(), d.getMonth() + 1, d.getDate()].map((n) => String(n).padStart(2, '0')).join('-')
}

/* 路灯管理所：正在办，9月12日前答复您 */
function sentence(m: Matter): string {
    if (m.done) return t(`${m.who}：${m.where}`, `${m.who}: ${m.where}`)
    const by = m.due ? t(`，${m.by}答复您`, `, answer by ${m.by}`) : ''
    return t(`${m.who}：${m.where}${by}`, `${m.who}: ${m.where}${by}`)
}

function readAloud(text: string): void {
    const u = new SpeechSynthesisUtterance(text)
    u.lang = zh ? 'zh-CN' : 'en'
    u.rate = 0.9
    speechSynthesis.cancel()
    speechSynthesis.speak(u)
}

async function answer(id: string, thanks: string, buttons: HTMLButtonElement[]): Promise<void> {
    buttons.forEach((b) => (b.disabled = true))
    try {
        await ask('/api/resident/answer', { ...key, id: uuid7(), action: id })
        said = thanks
        await load()
    } catch (e) {
        said = (e as Problem).detail
        buttons.forEach((b) => (b.disabled = false))
        document.querySelector('.said')?.replaceWith(el('p', said, { className: 'said', role: 'alert' }))
    }
}

function buttonsOf(m: Matter): HTMLElement[] {
    const all: HTMLButtonElement[] = []
    for (const a of m.actions) {
        if (!a.answer) continue
        const good = a.answer === 'satisfied'
        const thanks = good ? t('谢谢您的评价', 'Thank you') : t('已转回重新办理，请等答复', 'It is taken up again')
        all.push(el('button', good ? t('满意', 'Satisfied') : t('没有解决', 'Not solved'), {
            type: 'button', className: a.answer, onclick: () => void answer(a.id, thanks, all),
        }))
    }
    return all.length ? [el('div', '', { className: 'two' }, ...all)] : []
}

function telephone(number: string): HTMLElement {
    return el('a', number, { href: `tel:${number.replace(/[^+\d]/g, '')}` })
}

function show(m: Matter): void {
    const head = sentence(m)
    const lines: [string, string][] = [
        [t('办到哪一步', 'Where it is'), m.where],
        [t('谁在办', 'Who'), m.who],
        [t('从哪天起', 'Since'), m.since],
        [t('下一步', 'Next'), m.next],
        [t('什么时候', 'By when'), m.by],
    ]
    const list = el('dl')
    for (const [name, value] of lines) list.append(el('dt', name), el('dd', value))
    const aloud = [head, ...lines.map(([a, b]) => `${a}：${b}`)].join('。')
    page.replaceChildren(
        langButton(() => void load()),
        el('h1', head),
        el('p', said, { className: 'said', role: 'status' }),
        list,
        ...buttonsOf(m),
        ...('speechSynthesis' in window
            ? [el('button', t('读给我听', 'Read aloud'), {
                type: 'button', className: 'aloud', onclick: () => readAloud(aloud),
            })]
            : []),
        ...(m.phone ? [el('p', t('有事打电话：', 'Telephone: '), {}, telephone(m.phone))] : []),
        ...(m.number ? [el('p', t(`编号 ${m.number}`, `Number ${m.number}`), { className: 'soft' })] : []),
    )
}

function field(id: string, name: string, more: Partial<HTMLInputElement>): [HTMLElement, HTMLInputElement] {
    const input = el('input', '', { id, required: true, ...more })
    return [el('label', name, { htmlFor: id }, input), input]
}

function askDigits(wrong = ''): void {
    const [one, digits] = field('digits', t('回执上的八位查询码', 'The eight digits on your slip'), {
        inputMode: 'numeric', autocomplete: 'off', maxLength: 9,
    })
    const [two, date] = field('date', t('回执上的查询日期', 'The day on your slip'), {
        type: 'date', value: today(), max: today(),
    })
    const form = el('form', '', {}, one, two, el('button', t('查', 'Look up'), { className: 'main' }))
    form.onsubmit = (e) => {
        e.preventDefault()
        key = { digits: digits.value.replace(/\D/g, ''), date: date.value }
        void load()
    }
    page.replaceChildren(
        langButton(() => askDigits(wrong)),
        el('h1', t('查办到哪一步了', 'Where is my matter?')),
        el('p', wrong, { className: 'said', role: 'alert' }),
        form,
        el('p', t('回执丢了，可带身份证到原窗口补发。', 'Lost the slip? The window gives you another.'), { className: 'soft' }),
    )
    digits.focus()
}

async function load(): Promise<void> {
    if (!key) return askDigits()
    try {
        show(await ask<Matter>(`/api/resident?${new URLSearchParams(key as Record<string, string>)}`))
    } catch (e) {
        askDigits((e as Problem).detail)
    }
}

function begin(): void {
    const token = location.hash.slice(1)
    key = token ? { token } : undefined
    void load()
}

window.addEventListener('hashchange', begin)
begin()
