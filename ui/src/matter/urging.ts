/* What is sent to a unit by another way: number, what waits, by when; no person and no address. */
import type { Matter } from './matter'
import { t } from '../words'

const CHARS = 70 // one text message

export function urging(m: Matter): string {
    const main = m.clocks.find((c) => !c.done && c.main) ?? m.clocks.find((c) => !c.done)
    const time = main ? t(`，${main.name}${main.says ?? ''}`, `, ${main.name} ${main.says ?? ''}`) : ''
    const text = t(
        `请办理${m.type_name}${m.number ?? ''}，现为“${m.state_name}”${time}。`,
        `Please deal with ${m.type_name} ${m.number ?? ''}, now "${m.state_name}"${time}.`,
    )
    return text.length > CHARS && t('1', '') ? `${text.slice(0, CHARS - 1)}…` : text
}
