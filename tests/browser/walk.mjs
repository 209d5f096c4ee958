// One quarrel from the phone to the archive, by five people, each in a browser of their own; and after every step
// the figures moved by exactly what that step moves.
import assert from 'node:assert/strict'
import { act, actionButton, api, choose, flow, ORIGIN, send, WORLD } from './harness.mjs'

const WHAT = '两家为院墙地界争执多次，没有谈拢'
const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
const PAPER = { name: '同意延长.png', mimeType: 'image/png', buffer: Buffer.from(PNG, 'base64') }
const WATCHED = ['found', 'registered', 'accepted', 'concluded', 'reopened', 'resolution_rate', 'return_rate']

class Figures {
    constructor(who) {
        this.who = who
    }

    async now() {
        const day = this.who.me.today
        const seen = {}
        for (const id of WATCHED) {
            const f = await this.who.get(`/api/indicators/dispute.${id}?area=${WORLD.district}&from=${day}&to=${day}`)
            Object.assign(seen, { [`${id} n`]: f.n, [`${id} N`]: f.N ?? 0 })
        }
        return seen
    }

    // What moved since the last look is this and nothing else.
    async moved(step, want = {}) {
        const now = await this.now()
        const moved = {}
        for (const [k, v] of Object.entries(now)) if (v !== (this.last?.[k] ?? v)) moved[k] = v - this.last[k]
        this.last = now
        assert.deepEqual(moved, want, `the figures after: ${step}`)
    }
}

const state = (page, word) => page.waitForSelector(`.head .tag:text-is("${word}")`)
const clock = (page, name) => page.textContent(`.clock:has(strong:text-is("${name}"))`)

async function refused(page, why) {
    await page.click('form .stick button.main')
    await page.waitForSelector(`form .error:has-text("${why}")`)
}

await flow(async (t) => {
    const today = (await api('desk')).me.today
    const figures = new Figures(await api('centre'))
    await figures.moved('nothing yet')

    // a grid worker reports what he could not settle
    const phone = await t.phone('grid', '/new')
    await phone.fill('#f-title', WHAT)
    await phone.fill('#f-place', '一村15号')
    await phone.tap('.big button:has-text("没解决")')
    await phone.tap('.stick button.main')
    await phone.waitForSelector('.done h1:has-text("已上报")')
    const number = (await phone.textContent('.done strong')).trim()
    await figures.moved('report', { 'found n': 1 })

    // the desk finds it, registers it
    const desk = await t.desk('desk', '/list/dispute.dispute')
    await desk.click(`td:has-text("${number}")`)
    await state(desk, '已发现')
    const at = new URL(desk.url()).pathname
    await act(desk, '登记', {
        type: '邻里纠纷/相邻土地建筑利用', source: '网格上报', scale: '个体性事件', colour: '黄色（就地化解）',
        applicant: { person: ['欧阳小明', '13812345678'] }, respondent: { person: ['李四', '13912345678'] },
    })
    await state(desk, '已登记')
    await figures.moved('register', { 'registered n': 1, 'resolution_rate N': 1 })

    // sent to the wrong unit, which says why not; the reason stands where the sender reads it; then to the right one
    await act(desk, '转办', { to_org: '单位police' })
    await figures.moved('transfer', { 'return_rate N': 1 })
    const handler = await t.desk('handler', '/?list=sign')
    await handler.click(`.line:has-text("${WHAT}")`)
    await act(handler, '退回', { reason: '辖区不符' })
    await figures.moved('return', { 'return_rate n': 1 })
    await desk.waitForSelector('.card:has-text("单位之间") li:has-text("退回"):has-text("辖区不符")')
    await act(desk, '转办', { to_org: '单位committee' })
    const mediator = await t.desk('mediator', '/?list=sign')
    await mediator.click(`.line:has-text("${WHAT}")`)
    await act(mediator, '签收')
    await figures.moved('sent on and signed for')

    // assessed, accepted: without consent it is not
    await desk.waitForSelector('.card:has-text("单位之间") li:has-text("签收")')
    await act(desk, '研判', { grade: '简易', bar: '没有以下情形' })
    await state(mediator, '已研判')
    await (await actionButton(mediator, '受理（人民调解）')).click()
    for (const f of ['rights_told', 'identity_seen']) await choose(mediator, f, '是')
    await choose(mediator, 'consent', '否')
    await refused(mediator, '双方还没有同意调解')
    await choose(mediator, 'consent', '是')
    await send(mediator)
    await state(mediator, '调解中')
    await figures.moved('accept', { 'accepted n': 1 })

    const mediate = async () => {
        await act(mediator, '记调解记录', {
            session_on: { text: today }, session_manner: '当面调解', session_note: { text: '双方都来了，当面说清楚了' },
        })
        await act(mediator, '达成协议', {
            result: '书面协议', agreement: { text: '各退一步，以墙为界' }, performance: '未到期',
            performance_date: { text: today },
        })
        await state(mediator, '已达成协议')
    }
    await mediate()
    await figures.moved('agree', { 'concluded n': 1, 'resolution_rate n': 1 })

    // signed, to be confirmed by the court: the matter says until when
    await act(mediator, '签字生效，申请司法确认', { signed: '是', effective_on: { text: today }, status_relation: '否' })
    await state(mediator, '履行中')
    assert.match(await clock(mediator, '申请司法确认期限'), /还剩30天/)
    await t.shot(mediator, 'walk-confirm')
    await figures.moved('signed')

    // nobody answers in the resident's place
    for (const page of [mediator, desk])
        assert.equal(await page.locator('.steps button').filter({ hasText: /^(本人回复|满意|没有解决)$/ }).count(), 0)

    // who mediated does not ask whether it is kept; who asks finds that it is not
    await mediator.click('summary:has-text("现在还不能办的")')
    await mediator.waitForSelector('details li:has(strong:has-text("回访")):has-text("请由他人办理")')
    await state(desk, '履行中')
    await act(desk, '没履行或没解决，重新办理', {
        part: '申请人', reopen_reason: '没有履行', performed: '没有履行', satisfied: '不满意',
    })
    await state(desk, '调解中')
    await state(desk, '重新办理')
    assert.equal(await desk.locator('.clock:has-text("申请司法确认期限")').count(), 0)
    await figures.moved('reopen', { 'reopened n': 1, 'resolution_rate n': -1 })

    // more time: the mediator asks with the parties' consent on paper, the head agrees
    await mediator.click('.news:has-text("别人刚办了一步") button') // the hand lies on the steps still
    const short = await clock(mediator, '调解期限')
    const days = Number(/还剩(\d+)天/.exec(short)[1])
    await (await actionButton(mediator, '延长时限')).click()
    await mediator.fill('[data-field=reason] input, [data-field=reason] textarea', '等测绘结果')
    await refused(mediator, '双方同意延长调解的书面意见')
    await mediator.selectOption('#kind', { label: '双方同意延长调解的书面意见' })
    await mediator.setInputFiles('#kind-file', PAPER)
    await mediator.waitForSelector(`form .row:has-text("${PAPER.name}")`)
    await send(mediator)
    assert.equal(await clock(mediator, '调解期限'), short)
    const head = await t.desk('head', at)
    await act(head, '审批', { ok: '同意' })
    await mediator.waitForSelector(`.clock:has-text("调解期限"):has-text("还剩${days + 30}天")`)
    await figures.moved('extend')

    // agreed once more: what was reopened counts as settled no more
    await mediate()
    await act(mediator, '签字生效', { signed: '是', effective_on: { text: today } })
    await figures.moved('agreed again')

    // both parties are asked; before that it cannot be archived
    await state(desk, '履行中')
    await act(desk, '回访', { part: '申请人', performed: '已履行', satisfied: '满意' })
    await state(desk, '已回访')
    await (await actionButton(desk, '归档')).click()
    await choose(desk, 'dossier_complete', '是')
    await refused(desk, '还有没做完的回访')
    await desk.click('form .stick button:text-is("取消")')
    await act(desk, '回访', { performed: '已履行', satisfied: '基本满意' })
    await (await actionButton(desk, '归档')).click()
    await choose(desk, 'dossier_complete', '否')
    await refused(desk, '核对后再归档')
    await choose(desk, 'dossier_complete', '是')
    await send(desk)
    await state(desk, '已归档')
    await figures.moved('followed up and archived')
    await t.shot(desk, 'walk-archived')
    await t.accessible(desk, 'an archived matter')

    // the whole way can be read, in order
    const story = (await desk.$$eval('.story li', (all) => all.map((x) => x.innerText))).join('\n')
    let last = -1
    for (const step of ['上报', '登记', '转办', '退回', '签收', '研判', '受理', '达成协议', '重新办理', '延长时限', '审批', '归档']) {
        const found = story.indexOf(step, last + 1)
        assert.ok(found > last, `${step} in its place in: ${story}`)
        last = found
    }
    // and the grid worker sees on the phone what became of it
    await phone.goto(`${ORIGIN}${at}`)
    await state(phone, '已归档')
})
