// Today's calls on the phone: few taps for each; and one that somebody else noted meanwhile stays a card until the
// caller decides, with nothing overwritten.
import assert from 'node:assert/strict'
import { api, dueCall as due, flow, ORIGIN } from './harness.mjs'

const WHAT = '为屋檐滴水争执，约定改檐沟'

const answered = (m) => m.parts.filter((p) => p.kind === 'follow_up' && !p.open).map((p) => [p.party, p.satisfied])

const waiting = async (who) => (await who.get('/api/desk?list=call')).lists.find((l) => l.id === 'call')
const FAR = '为晒谷场争执，约定轮流使用'
const BAD = '为停车位争执，约定让出通道'

await flow(async (t) => {
    const id = await due(WHAT)
    const desk = await api('desk')

    // the mediators' unit holds it and the centre calls; who mediated it himself has nobody to call
    assert.deepEqual((await waiting(desk)).rows.map((x) => x.matter.id), [id])
    assert.equal((await waiting(await api('mediator'))).n, 0)
    const none = await t.phone('mediator', '/calls')
    await none.waitForSelector('h1:has-text("今天没有要打的电话")')

    const page = await t.phone('desk', '/calls')
    await page.waitForSelector(`.call p:text-is("${WHAT}")`)
    await page.waitForSelector('.call [role=status]:has-text("待回访1件，2个电话")')
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
    await page.waitForSelector('.refused [data-side=satisfied] td:nth-of-type(1):has-text("不满意")')
    await page.waitForSelector('.refused [data-side=satisfied] td:nth-of-type(2):has-text("基本满意")')
    await t.shot(page, 'calls-refused')
    await t.accessible(page, 'a refused call')
    const both = [['applicant', 'satisfied'], ['respondent', 'mostly']]
    assert.deepEqual(await now(), both)

    // it stays through a reload, and leaves by a decision only
    await page.reload()
    await page.waitForSelector('.refused')
    await page.click('.refused button:text-is("用现在的，我的不报了")')
    await page.click('.refused button:text-is("留着")')
    await page.click('.refused button:text-is("用现在的，我的不报了")')
    await page.click('.refused button.danger')
    await page.waitForSelector('.refused', { state: 'detached' })
    assert.deepEqual(await now(), both)

    // not performed: the playbook's own way to take it up again, which asks why; the other party is asked no more
    const bad = await due(BAD)
    await page.goto(`${ORIGIN}/calls`)
    await page.waitForSelector(`.call p:text-is("${BAD}")`)
    await page.click('[data-field=performed] button:text-is("没有履行")')
    await page.waitForSelector('.call .warn:has-text("重新办理")')
    await page.click('[data-field=performed] button:text-is("已履行")')
    assert.equal(await page.locator('.call .warn, [data-field=reopen_reason]').count(), 0)
    await page.click('[data-field=performed] button:text-is("没有履行")')
    await page.click('[data-field=satisfied] button:text-is("不满意")')
    await page.click('[data-field=reopen_reason] button:text-is("没有履行")')
    await t.shot(page, 'calls-reopen')
    await t.accessible(page, 'a call that takes it up again')
    await page.click('.stick button.main')
    await page.waitForSelector('h1:has-text("今天的电话打完了")')
    const state = async () => (await desk.get(`/api/records/${bad}`)).state
    for (let i = 0; i < 100 && (await state()) !== 'mediating'; i++) await page.waitForTimeout(100)
    assert.equal(await state(), 'mediating')
    assert.equal((await waiting(desk)).n, 0)

    // without a network: what came with the log-in is enough to call, and the answer leaves later, once
    const far = await due(FAR)
    const came = page.waitForResponse((r) => r.url().includes('/api/desk?list=call'))
    await page.goto(`${ORIGIN}/mine`)
    await page.evaluate(() => navigator.serviceWorker.ready.then(() => true))
    await came
    await page.waitForTimeout(500) // it is being put away
    await t.network(page, false)
    await page.click('.foot a:has-text("回访")')
    await page.waitForSelector(`.call p:text-is("${FAR}")`)
    await page.click('[data-field=performed] button:text-is("已履行")')
    await page.click('[data-field=satisfied] button:text-is("满意")')
    await page.click('.stick button.main')
    await page.waitForSelector('.outbox:has-text("1件待上传")')
    await page.goto(`${ORIGIN}/calls`)
    await page.waitForSelector('h1:has-text("打给被申请人")')
    await page.waitForSelector('.call [role=status]:has-text("1个电话")')
    await t.network(page, true)
    await page.click('[data-field=performed] button:text-is("已履行")')
    await page.click('[data-field=satisfied] button:text-is("基本满意")')
    await page.click('.stick button.main')
    await page.waitForSelector('h1:has-text("今天的电话打完了")')
    const heard = async () => answered(await desk.get(`/api/records/${far}`))
    for (let i = 0; i < 300 && (await heard()).length < 2; i++) await page.waitForTimeout(100)
    assert.deepEqual(await heard(), [['applicant', 'satisfied'], ['respondent', 'mostly']])
})
