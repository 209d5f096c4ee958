// Writes the Chinese holiday table of the npm package chinese-days as CSV, for sys.calendar:
//
//     node tools/holidays.mjs > holidays.csv
//     node tools/holidays.mjs --from FOLDER      the package in FOLDER/node_modules
//
// "date,kind,name", by date, all years that the package has.  holiday: a day off by the yearly
// notice of the State Council, weekends within it too; workday: a make-up working day.
import {createRequire} from 'node:module';
import {resolve} from 'node:path';

const DATE = /^\d{4}-\d{2}-\d{2}$/;
const LEAST_A_YEAR = 5; // fewer holidays than this: the year is damaged, not announced late

function fail(text) {
    process.stderr.write(`holidays: ${text}\n`);
    process.exit(1);
}

function load(folder) {
    // a place to resolve from: the given folder, or the one above this file
    const from = folder ? resolve(folder, 'x.js') : import.meta.url;
    try {
        return createRequire(from)('chinese-days/dist/chinese-days.json');
    } catch (e) {
        return fail(`npm package chinese-days not found (npm ci?): ${e.message.split('\n')[0]}`);
    }
}

// "Spring Festival,春节,3" -> 春节
function nameOf(text) {
    const name = String(text).split(',')[1]?.trim();
    return name && !/[",\r\n]/.test(name) ? name : '';
}

function rowsOf(table, kind) {
    const rows = Object.entries(table ?? {})
        .map(([date, text]) => ({date, kind, name: nameOf(text)}));
    for (const {date, name} of rows) {
        if (!DATE.test(date) || new Date(`${date}T00:00:00Z`).toISOString().slice(0, 10) !== date)
            fail(`${kind} '${date}' is not a date`);
        if (!name)
            fail(`${kind} ${date} has no name`);
    }
    return rows;
}

function check(holidays, workdays) {
    const off = new Set(holidays.map(r => r.date));
    const both = workdays.find(r => off.has(r.date));
    if (both)
        fail(`${both.date} is a holiday and a working day`);
    const years = new Map();
    for (const {date} of holidays)
        years.set(date.slice(0, 4), (years.get(date.slice(0, 4)) ?? 0) + 1);
    const thin = [...years].find(([, n]) => n < LEAST_A_YEAR);
    if (years.size === 0 || thin)
        fail(thin ? `${thin[0]} has only ${thin[1]} holidays` : 'the table is empty');
}

function main(args) {
    if (args.length && !(args.length === 2 && args[0] === '--from')) {
        process.stderr.write('usage: node tools/holidays.mjs [--from FOLDER]\n');
        process.exit(2);
    }
    const data = load(args[1]);
    const holidays = rowsOf(data.holidays, 'holiday'), workdays = rowsOf(data.workdays, 'workday');
    check(holidays, workdays);
    const rows = [...holidays, ...workdays].sort((a, b) => (a.date < b.date ? -1 : 1));
    process.stdout.write(['date,kind,name', ...rows.map(r => `${r.date},${r.kind},${r.name}`), '']
        .join('\n'));
}

main(process.argv.slice(2));
