// axe-core over every row of ROUTES (ui/src/route.ts), for each role that may come there, light and dark; used by
// accessible-desk.mjs and accessible-phone.mjs.  A page that is drawn just as for another role is looked at once.
import assert from 'node:assert/strict'
import fs from 'node:fs'

const TABLE = new URL('../../ui/src/route.ts', import.meta.url)
const ROLES = ['centre', 'desk', 'mediator', 'grid', 'handler', 'head', 'leader', 'admin']
// Pages that are none of the table: without an account.
const ALONE = ['/r', '/v']

// The rows of the table, as far as they are needed here.
function rows() {
    const table = fs.readFileSync(TABLE, 'utf8')
    const bits = fs.readFileSync(new URL('../../ui/src/api.ts', import.meta.url), 'utf8')
    const bit = (name) => (name ? Number(new RegExp(`\\b${name}: (\\d+)`).exec(bits)[1]) : 0)
    const list = table.slice(table.indexOf('ROUTES: Route[]'), table.indexOf('\n]\n'))
    const found = list.split(/\bpath: /).slice(1).map((row) => ({
        path: /^'([^']+)'/.exec(row)[1],
        may: bit(/may: PERM\.(\w+)/.exec(row)?.[1]),
        open: /\bopen: true/.test(row),
    }))
    assert.equal(found.length, list.match(/page: \(\) =>/g).length, 'every row of ROUTES was read')
    return found
}

// What stands for the parts of an address.
const PARTS = {
    '/list/:type': { type: 'dispute.dispute' },
    '/new/:type/:action': { type: 'dispute.dispute', action: 'report' },
}

function address(path, ids) {
    return path.replace(/:(\w+)/g, (_, part) => {
        const value = PARTS[path]?.[part] ?? ids[path]
        assert.ok(value, `an address for ${path}: add it to tests/browser/everywhere.mjs`)
        return value
    })
}

// The elements with their attributes but without their texts: what axe-core would judge alike.
const shape = (page) => page.evaluate(() => [...document.querySelectorAll('body *')].map((e) =>
    `${e.tagName}.${e.className}${[...e.attributes].map((a) => a.name)}${e.getAttribute('role')}`).join('\n'))

// What is folded away is opened; returns how much there was.
function unfold() {
    const folded = [...document.querySelectorAll('details:not([open]) > summary, button[aria-expanded="false"]')]
    for (const e of folded) e.click()
    return folded.length
}

// Nothing is asked any more, and nothing is busy.
async function settled(page) {
    const late = Date.now() + 30_000
    for (let quiet = 0; quiet < 3; quiet = page.open.size ? 0 : quiet + 1) {
        await page.waitForTimeout(80)
        const waits = [...page.open].map((r) => r.url())
        assert.ok(Date.now() < late, `${page.url()} still waits for ${waits.join(', ')}`)
    }
    await page.waitForFunction(() => !document.querySelector('[aria-busy="true"]'))
}

/* What a finger has to hit is 48 px high, and the page no wider than the phone.  What is hit by the label around it
 * counts with that; words within a sentence do not. */
const TARGET = 47.5
const small = (page) => page.evaluate((least) => {
    const high = (e) => (e.closest('label') ?? e).getBoundingClientRect().height
    const seen = [...document.querySelectorAll('button, input, select, textarea, summary, a[href], [role=radio]')]
    return seen.filter((e) => e.offsetParent && e.type !== 'hidden' && high(e) < least)
        .map((e) => `${e.outerHTML.slice(0, 90)}: ${high(e)}`)
}, TARGET)

function countAsked(page) {
    page.open = new Set()
    // the browser never tells that an icon came
    page.on('request', (r) => /\/stream|\/icon\.svg/.test(r.url()) || page.open.add(r))
    for (const end of ['requestfinished', 'requestfailed']) page.on(end, (r) => page.open.delete(r))
}

export async function everywhere(t, how, { api, world, origin }) {
    const clerk = await api('desk')
    const made = await (await api('grid')).open('dispute', 'report', world.village, {
        summary: '夜里广场舞吵人', place: { text: '一村广场' }, result: 'not_settled',
    })
    const bulletin = await clerk.open('bulletin.bulletin', 'begin', world.district, {
        title: '本周情况', series: 'brief', period_from: clerk.me.today, period_to: clerk.me.today,
    })
    const admin = await api('admin')
    const ids = {
        '/m/:id': made.id, '/bulletin/:id': bulletin.id, '/admin/orgs/:id': world.orgs.centre,
        '/admin/accounts/:id': admin.me.account, '/admin/playbooks/:id': 'dispute',
    }
    const known = new Map()
    let looked = 0
    const look = async (page, at, who) => {
        await settled(page)
        const seen = await shape(page)
        if (known.get(at) === seen) return
        known.set(at, seen)
        if (how === 'phone') {
            assert.deepEqual(await small(page), [], `${at} (${who}): too small for a finger`)
            const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)
            assert.ok(!wide, `${at} is wider than the phone`)
        }
        await page.emulateMedia({ colorScheme: 'light' })
        await t.accessible(page, `${at} (${who}, ${how}, light)`)
        await page.emulateMedia({ colorScheme: 'dark' })
        await t.accessible(page, `${at} (${who}, ${how}, dark)`, ['color-contrast'])
        looked++
    }
    const judge = async (page, at, who) => {
        await look(page, at, who)
        if (await page.evaluate(unfold)) await look(page, `${at}, unfolded`, who)
    }
    const nobody = await t[how](null)
    countAsked(nobody)
    for (const at of ['/', ...rows().filter((r) => r.open).map((r) => r.path), ...ALONE]) {
        await nobody.goto(origin + at)
        await judge(nobody, at, 'nobody')
    }
    for (const who of ROLES) {
        const { permissions } = (await api(who)).me
        const page = await t[how](who, '/me')
        countAsked(page)
        for (const r of rows().filter((x) => !x.may || permissions & x.may)) {
            const at = address(r.path, ids)
            await page.evaluate((to) => {
                history.pushState(null, '', to)
                dispatchEvent(new PopStateEvent('popstate'))
            }, at)
            await judge(page, at, who)
        }
        await page.context().close()
    }
    assert.ok(looked > rows().length, `${looked} pages were looked at`)
}
