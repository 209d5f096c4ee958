/* A figure with what was asked, and what is read off it: the names of its rows, the matters behind its numbers, its
 * chart, its file. */
import { get } from '../api'
import type { Table } from '../save'
import { loadPlaybook, recordOf, type Playbook, type RecordDef } from '../playbook'
import { say, t } from '../words'
import { behind, type Figure, type Indicator, type Row, type Term } from './figure'

export interface Choices {
    id: string
    area: string
    from: string
    to: string
    by: string // '', area, month, day, a field, or FIELD.LEVEL of a code list with levels
    compare: string
}

export interface Answer {
    asked: Choices
    of: Indicator
    figure: Figure
    pb: Playbook
    def: RecordDef
    areas: Record<string, string> // names of the areas below, when it is split by them
}

const BARS = 15 // a picture of sixty bars says less than one of the fifteen longest; the table has them all

async function namesBelow(code: string): Promise<Record<string, string>> {
    const { rows } = await get<{ rows: { code: string; name: string }[] }>('/api/areas', { parent: code })
    return Object.fromEntries(rows.map((x) => [x.code, x.name]))
}

export async function answerTo(asked: Choices, of: Indicator): Promise<Answer> {
    const { id, area, from, to, by, compare } = asked
    const question = { area, from, to, by, compare: compare || undefined }
    const counted = get<Figure>(`/api/indicators/${id}`, question)
    const [pb, figure] = await Promise.all([loadPlaybook(id.split('.')[0]), counted])
    const def = recordOf(pb, of.n?.count ?? of.n?.sum ?? of.n?.median ?? '')
    return { asked: { ...asked }, of, figure, pb, def, areas: by === 'area' ? await namesBelow(figure.area) : {} }
}

const fieldOf = (a: Answer, id: string) => a.def.fields.find((x) => x.id === id)
const codesOf = (a: Answer, field: string) => a.pb.codes.find((l) => l.id === fieldOf(a, field)?.codes)?.codes ?? []

/* Ways to split: a code list with levels first by its top level, which is short enough to read. */
export function splitsOf(a: Answer | undefined, of: Indicator | undefined): { key: string; name: string }[] {
    if (!a || !of) return []
    return of.by.flatMap((f) => {
        const field = fieldOf(a, f)
        const name = field ? say(field.label) : f
        const plain = { key: f, name: t(`按${name}`, `By ${name}`) }
        const top = { key: `${f}.1`, name: t(`按${name}大类`, `By ${name}, top level`) }
        return codesOf(a, f).some((c) => c.parent) ? [top, plain] : [plain]
    })
}

export function labelOf(a: Answer, key: Row['key']): string {
    if (key === null || key === '') return t('未填', 'not said')
    const k = String(key)
    if (a.asked.by === 'area') return a.areas[k] ?? k
    const code = codesOf(a, a.asked.by.split('.')[0]).find((c) => c.code === k)
    if (code) return say(code.name)
    if (k === 'true') return t('是', 'Yes')
    return k === 'false' ? t('否', 'No') : k
}

function isTime(a: Answer, term: Term): boolean {
    const own = ['opened', 'closed', 'recorded', 'due'].includes(term.at)
    return own || term.at.includes('.') || fieldOf(a, term.at)?.type === 'time'
}

/* The days that a row stands for. */
function spanOf(a: Answer, key: string): [string, string] {
    const { from, to } = a.figure
    if (a.asked.by === 'day') return [key, key]
    if (a.asked.by !== 'month') return [from, to]
    const [y, m] = key.split('-').map(Number)
    const first = `${key}-01`, last = `${key}-${new Date(y, m, 0).getDate()}`
    return [first < from ? from : first, last > to ? to : last]
}

function fieldEquals(a: Answer, key: string): string {
    const [field, level] = a.asked.by.split('.')
    const code = `'${key.replace(/'/g, "''")}'`
    if (level) return `within(${field}, ${code})`
    return `${field} = ${fieldOf(a, field)?.type === 'code' ? code : key.toUpperCase()}`
}

/* From a number to its matters: of the whole, or of one row. */
export function drill(a: Answer, term: Term | undefined, row?: Row): string | undefined {
    if (!term?.count || row?.key === null) return undefined
    const { figure, of } = a
    const key = String(row?.key)
    const [from, to] = row ? spanOf(a, key) : [figure.from, figure.to]
    const byField = row && !['area', 'month', 'day'].includes(a.asked.by)
    const where = behind(term, from, to, isTime(a, term)) + (byField ? ` AND ${fieldEquals(a, key)}` : '')
    return `/matters?${new URLSearchParams({
        type: figure.id.slice(0, figure.id.indexOf('.') + 1) + term.count, where,
        area: row && a.asked.by === 'area' ? key : figure.area,
        title: of.name + (row ? ` · ${labelOf(a, row.key)}` : ''),
        back: location.pathname + location.search,
    })}`
}

export function chartOf(a: Answer): { labels: string[]; values: (number | null)[]; line: boolean } | null {
    if (a.figure.rows.length < 2) return null
    const timely = ['month', 'day'].includes(a.asked.by)
    const longest = () => [...a.figure.rows].sort((x, y) => (y.value ?? -1) - (x.value ?? -1)).slice(0, BARS)
    const rows = timely ? a.figure.rows : longest()
    const labels = rows.map((r) => labelOf(a, r.key))
    return { labels, values: rows.map((r) => r.value), line: a.of.kind === 'rate' && timely }
}

/* The sentence with its definition as second paragraph. */
export function sentenceOf({ figure }: Answer): string {
    return `${say(figure.sentence)}${t('。', '.')}\n${say(figure.footnote)}`
}

/* The table as it stands on the page, with what belongs under it. */
export function tableOf(a: Answer): Table {
    const { figure: f, of } = a
    const { size, root } = f.checkpoint
    return {
        name: `${of.name} ${f.from} ${f.to}`,
        rows: [
            [of.name, t('分子', 'n'), t('分母', 'N'), t('值', 'value')],
            ...f.rows.map((r) => [labelOf(a, r.key), r.n ?? r.closing, r.N, r.value]),
            [t('合计', 'Total'), f.n ?? f.closing, f.N, f.value],
            [say(f.sentence)], [say(f.footnote)], [`${t('存证点', 'Checkpoint')} ${size} ${root}`],
        ],
    }
}
