// How often the kind that was confirmed is among the three that the phone suggests: suggest.mjs CODES TEXTS
// CODES: a list of {code, hint} in JSON; TEXTS: lines of {"text","code"}.  Prints one JSON line.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const ui = new URL('../ui/', import.meta.url)
const { transformSync } = createRequire(ui)('esbuild')
const source = readFileSync(new URL('src/phone/suggest.ts', ui), 'utf-8')
const { code } = transformSync(source, { loader: 'ts' })
const { suggest } = await import(`data:text/javascript,${encodeURIComponent(code)}`)

const codes = JSON.parse(readFileSync(process.argv[2], 'utf-8'))
const rows = readFileSync(process.argv[3], 'utf-8').trim().split('\n').map((l) => JSON.parse(l))
const got = { n: rows.length, first: 0, three: 0, none: 0 }
for (const r of rows) {
    const found = suggest(codes, r.text, '2026-01-01').map((c) => c.code)
    got.first += found[0] === r.code
    got.three += found.includes(r.code)
    got.none += !found.length
}
console.log(JSON.stringify(got))
