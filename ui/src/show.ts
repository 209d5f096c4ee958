/* Days and spans as people say them. */
import { t } from './words'

/* What the server's clock is ahead of this device's, in ms. */
let ahead = 0

export function setNow(server: string | undefined): void {
    if (server) ahead = Date.parse(server) - Date.now()
}

export function now(): Date {
    return new Date(Date.now() + ahead)
}

export function day(s: string | undefined): string {
    return s ? s.slice(0, 10) : ''
}

/* As said within a line: 9月7日; with the year when it is another one. */
export function shortDay(s: string | undefined): string {
    const [y, m, d] = day(s).split('-')
    if (!d) return ''
    const year = y === String(now().getFullYear()) ? '' : t(`${y}年`, `${y}-`)
    return year + t(`${Number(m)}月${Number(d)}日`, `${m}-${d}`)
}

export function minute(s: string | undefined): string {
    return s ? s.slice(0, 16).replace('T', ' ') : ''
}

/* A moment of this device's own clock, which is kept in UTC, as its owner reads it. */
export function minuteHere(s: string | undefined): string {
    if (!s) return ''
    const d = new Date(s)
    const two = (n: number) => String(n).padStart(2, '0')
    return `${localDay(d)} ${two(d.getHours())}:${two(d.getMinutes())}`
}

export function localDay(d: Date): string {
    const two = (n: number) => String(n).padStart(2, '0')
    return `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())}`
}

export function left(due: string | undefined): { text: string; late: boolean; soon: boolean } {
    if (!due) return { text: '', late: false, soon: false }
    const ms = Date.parse(due) - now().getTime()
    // whole days of the calendar, as the clocks of the matter itself are told
    const days = Math.abs(Math.round((Date.parse(day(due)) - Date.parse(localDay(now()))) / 86400000))
    const over = days ? t(`已超${days}天`, `${days} d late`) : t('已超期', 'late')
    if (ms < 0) return { text: over, late: true, soon: false }
    if (!days) return { text: t('今天到期', 'due today'), late: false, soon: true }
    return { text: t(`还剩${days}天`, `${days} d left`), late: false, soon: days < 3 }
}
