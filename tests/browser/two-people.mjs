// What goes wrong: no right, a step that another has taken meanwhile, two people at one matter.
import assert from 'node:assert/strict'
import { actionButton, api, choose, flow, ORIGIN, WORLD } from './harness.mjs'

await flow(async (t) => {
    const grid = await api('grid')
    const made = await grid.open('dispute', 'report', WORLD.village, {
        summary: '两家为水沟争执', place: { text: '一村21号' }, result: 'not_settled',
    })

    // not his: neither the matter nor a page of another role
    const stranger = await t.desk('stranger', `/m/${made.id}`)
    await stranger.waitForSelector('[role=alert]')
    assert.equal(await stranger.locator('.story').count(), 0)
    await stranger.goto(`${ORIGIN}/admin`)
    await stranger.waitForSelector('main .card')
    assert.equal(await stranger.locator('main input').count(), 0)

    // two at the desk register the same matter; the second is told, keeps what was typed, and nothing is overwritten
    const desk = await t.desk('desk', `/m/${made.id}`)
    await (await actionButton(desk, '登记')).click()
    await choose(desk, 'type', '邻里纠纷/用水排水通行通风采光')
    await choose(desk, 'source', '排查发现')
    await choose(desk, 'scale', '个体性事件')
    await choose(desk, 'colour', '黄色（就地化解）')
    const other = await api('mediator')
    await other.act(made.id, 'register', { type: '0202', source: 'grid', scale: '01', colour: 'yellow' })
    await desk.waitForSelector('.warn:has-text("别人刚办了一步")')
    await desk.click('form .stick button.main')
    await desk.waitForSelector('form .error')
    const chosen = desk.locator('[data-field=colour] button:is([aria-checked=true], [aria-pressed=true])')
    assert.equal(await chosen.count(), 1)
    const now = await (await api('desk')).get(`/api/records/${made.id}`)
    assert.equal(now.fields.type, '0202')
    await t.shot(desk, 'two-people')

    // the same field corrected by two: both sides in words, and what was decided is what stands
    const colour = async () => (await (await api('desk')).get(`/api/records/${made.id}`)).fields.colour
    const twice = async (mine, theirs, now, button) => {
        const page = await t.phone('desk', `/m/${made.id}`)
        await (await actionButton(page, '更正')).click()
        await page.selectOption('#f-fields', { label: '风险颜色' })
        await page.selectOption('#f-fields-colour', { label: mine })
        await page.fill('#f-reason', '填错了')
        await (await api('desk')).act(made.id, 'amend', { fields: { colour: theirs }, reason: '核实后更正' })
        await page.click('form .stick button.main')
        await page.waitForSelector(`[data-side=colour]:has(th:text-is("风险颜色")) td:nth-of-type(1):has-text("${mine}")`)
        await page.waitForSelector(`[data-side=colour] td:nth-of-type(2):has-text("${now}")`)
        await t.shot(page, `two-people-${theirs}`)
        await t.accessible(page, 'both sides')
        assert.equal(await colour(), theirs)
        await t.still(page)
        await page.click(`.conflict button:text-is("${button}")`)
        return page
    }
    const kept = await twice('橙色（当日处理）', 'red', '红色（立即报告）', '用现在的')
    await kept.waitForSelector('.conflict', { state: 'detached' })
    assert.equal(await colour(), 'red')
    const mine = await twice('黄色（就地化解）', 'orange', '橙色（当日处理）', '用我填的')
    await mine.waitForSelector('.done')
    assert.equal(await colour(), 'yellow')
})
