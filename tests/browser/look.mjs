// Who may look sees the details of a person after saying what for, and the look is told in the history.
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
})
