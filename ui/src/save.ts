/* A file for the person's own disk. */
import { addressOf, reply } from './api'

export type FileKind = 'csv' | 'xlsx'

export interface Table {
    name: string
    rows: unknown[][] // the first one names the columns
}

export function saveAs(bytes: Blob, name: string): void {
    const url = URL.createObjectURL(bytes)
    const a = document.createElement('a')
    a.href = url
    a.download = name
    a.click()
    URL.revokeObjectURL(url)
}

/* The file that the program answers with, under the name that it gives it. */
export async function download(url: string, query: Record<string, string | undefined> = {}): Promise<void> {
    const got = await reply('GET', addressOf(url, query))
    const named = /filename\*=UTF-8''([^;]+)/.exec(got.headers.get('Content-Disposition') ?? '')
    saveAs(await got.blob(), named ? decodeURIComponent(named[1]) : 'file')
}

/* One line of a CSV file; a text that a spreadsheet would take for a formula is made a text. */
function csvLine(cells: unknown[]): string {
    const plain = /^-?\d+(\.\d+)?$/
    const safe = (s: string) => (/^[=+\-@\t\r]/.test(s) && !plain.test(s) ? `'${s}` : s)
    return cells.map((x) => `"${safe(String(x ?? '')).replace(/"/g, '""')}"`).join(',')
}

async function spreadsheet(name: string, csv: Blob): Promise<Blob> {
    return (await reply('POST', `/api/exports/xlsx?name=${encodeURIComponent(name)}`, csv)).blob()
}

export async function saveTable({ name, rows }: Table, kind: FileKind): Promise<void> {
    const csv = new Blob(['\ufeff', rows.map(csvLine).join('\r\n'), '\r\n'], { type: 'text/csv' })
    if (kind === 'csv') saveAs(csv, `${name}.csv`)
    else saveAs(await spreadsheet(name, csv), `${name}.xlsx`)
}
