// Today's calls on the phone: few taps for each; and one that somebody else noted meanwhile stays a card until the
// caller decides, with nothing overwritten.
import assert from 'node:assert/strict'
import { api, flow, WORLD } from './harness.mjs'

const WHAT = '为屋檐滴水争执，约定改檐沟'

// A matter whose parties are to be asked today.
async function due() {
    const [grid, desk, mediator] = [await api('grid'), await api('desk'), await api('mediator')]
    const today = desk.me.today
    const before = new Date(Date.parse(today) - 2 * 86400000).toISOString().slice(0, 10)
    const { id } = await grid.open('dispute', 'report', WORLD.village, {
        summary: WHAT, place: { text: '一村8号' }, result: 'not_settled',
    })
    await desk.act(id, 'register', {
        type: '0202', source: 'grid', scale: '01', colour: 'yellow',
        applicant: [{ name: '欧阳小明', phone: '13812345678' }], respondent: [{ name: '李四', phone: '13912345678' }],
    })
    await desk.act(id, 'triage', { grade: 'ordinary', bar: 'none' })
    await mediator.act(id, 'accept', { consent: true, rights_told: true, identity_seen: true })
    await mediator.act(id, 'agree', {
        result: 'written', agreement: '改檐沟', performance: 'not_due', performance_date: before,
    })
    await mediator.act(id, 'take_effect', { signed: true, effective_on: today })
    await mediator.act(id, 'transfer', { to_org: WORLD.orgs.centre }) // who holds it makes the calls
    await desk.act(id, 'sign')
    return id
}

const answered = (m) => m.parts.filter((p) => p.kind === 'follow_up' && !p.open).map((p) => [p.party, p.satisfied])

await flow(async (t) => {
    const id = await due()
    const desk = await api('desk')
    const page = await t.phone('desk', '/calls')
    await page.waitForSelector(`.call p:text-is("${WHAT}")`)
    await t.shot(page, 'calls')
    await t.accessible(page, 'calls')

    const one = t.budget('follow-up, a call', 4)
    await one.tap(page, 'button:has-text("看电话")')
    await page.waitForSelector('a[href="tel:13812345678"]')
    await one.tap(page, '[data-field=performed] button:text-is("已履行")')
    await one.tap(page, '[data-field=satisfied] button:text-is("满意")')
    await one.tap(page, '.stick button.main')
    await page.waitForSelector('h1:has-text("打给被申请人")')
    const now = async () => answered(await desk.get(`/api/records/${id}`))
    for (let i = 0; i < 100 && !(await now()).length; i++) await page.waitForTimeout(100)
    assert.deepEqual(await now(), [['applicant', 'satisfied']])

    // somebody else asks the other party first
    const waits = (await desk.get(`/api/records/${id}`)).parts.find((p) => p.kind === 'follow_up' && p.open)
    await desk.act(id, 'visit', { part: waits.i, performed: 'yes', satisfied: 'mostly' })
    await page.click('[data-field=performed] button:text-is("已履行")')
    await page.click('[data-field=satisfied] button:text-is("不满意")')
    await page.click('.stick button.main')
    await page.waitForSelector('h1:has-text("今天的电话打完了")')
    await page.click('.outbox a:has-text("1件要您处理")')
    await page.waitForSelector('.refused .error')
    const told = /\d{4}-\d\d-\d\d \d\d:\d\d/.exec(await page.textContent('.refused'))[0]
    const off = Date.parse(`${told.replace(' ', 'T')}+08:00`) - Date.now()
    assert.ok(Math.abs(off) < 600000, `by the phone's clock: ${told}`)
    await t.shot(page, 'calls-refused')
    await t.accessible(page, 'a refused call')
    const both = [['applicant', 'satisfied'], ['respondent', 'mostly']]
    assert.deepEqual(await now(), both)

    // it stays through a reload, and leaves by a decision only
    await page.reload()
    await page.waitForSelector('.refused')
    await page.click('.refused button:text-is("不报了")')
    await page.click('.refused button:text-is("留着")')
    await page.click('.refused button:text-is("不报了")')
    await page.click('.refused button.danger')
    await page.waitForSelector('.refused', { state: 'detached' })
    assert.deepEqual(await now(), both)
})
