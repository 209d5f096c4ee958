// Who may look sees the details of a person after saying what for, and the look is told in the history.  Who works on
// a step that needs them is asked nothing, and the step is told once.
import assert from 'node:assert/strict'
import { act, api, flow, WORLD } from './harness.mjs'

await flow(async (t) => {
    const grid = await api('grid')
    const made = await grid.open('dispute', 'report', WORLD.village, {
        summary: '两家为宅基地边界争执', place: { text: '一村15号' }, result: 'not_settled',
        contact_person: { name: '王五', phone: '13900001111' },
    })
    const page = await t.desk('centre', `/m/${made.id}`)
    await page.waitForSelector('dd button.look')
    assert.doesNotMatch(await page.innerText('dl.facts'), /王五/)
    await page.click('dd button.look')
    await page.fill('#purpose', '联系当事人回访')
    await page.click('form.look button.main')
    await page.waitForSelector('dd button.look', { state: 'detached' })
    assert.match(await page.innerText('dl.facts'), /王五/)
    assert.match(await page.innerText('dl.facts'), /13900001111/)
    await page.waitForSelector('.story li:nth-child(2)')
    assert.match(await page.innerText('.story li:nth-child(2)'), /查看/)
    await act(page, '批注', { text: { text: '已电话联系' } })
    await page.waitForSelector('.story li:nth-child(3):has-text("已电话联系")')

    const desk = await api('desk'), mediator = await api('mediator')
    await desk.act(made.id, 'register', {
        type: '0202', source: 'grid', scale: '01', colour: 'yellow',
        applicant: [{ name: '欧阳小明', phone: '13812345678' }],
        respondent: [{ name: '李小四', phone: '13712345678' }],
    })
    await desk.act(made.id, 'triage', { grade: 'simple', bar: 'none' })
    await desk.act(made.id, 'transfer', { to_org: WORLD.orgs.committee })
    await mediator.act(made.id, 'sign')
    await mediator.act(made.id, 'accept', { consent: true, rights_told: true, identity_seen: true })
    for (let i = 0; i < 2; i++) {
        const step = await t.desk('mediator', `/m/${made.id}`)
        await step.waitForSelector('dl.facts :text("13812345678")')
        assert.match(await step.innerText('dl.facts'), /欧阳小明[^]*李小四/)
        assert.doesNotMatch(await step.innerText('dl.facts'), /王五/) // the step does not need who told of it
        await step.hover('.steps')
        await step.waitForTimeout(2000) // what others do would have come by now
        assert.equal(await step.locator('.news').count(), 0, 'one\'s own look is not told as what somebody else did')
        await step.waitForSelector('.story li:has-text("办理环节：调解中")')
    }
    const told = (await mediator.get(`/api/records/${made.id}/events`)).rows.filter((x) => x.action === 'look')
    assert.deepEqual(told.map((x) => x.said.purpose), ['联系当事人回访', '办理环节：调解中'])
})
