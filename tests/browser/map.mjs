// The map: matters as points and as a list of the same, nothing of another host; a matter's own place; a point given
// by hand at the desk and found again; the tile server of a setting is asked, and no other.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { ORIGIN, api, flow, WORLD } from './harness.mjs'

const TILE = '<svg xmlns="http://www.w3.org/2000/svg" width="256" height="256">' +
    '<path fill="#cfe3cf" d="M0 0h256v256H0z"/></svg>'
const at = (lon, lat, text) => ({ summary: `两家为${text}争执`, place: { text, lon, lat }, result: 'not_settled' })

const bihuan = (...words) => execFileSync(WORLD.bihuan, [...words, '--db', WORLD.db])

// A district and one village in it, through the command line.
function loadBorders() {
    const file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'borders-')), 'areas.geojson')
    const feature = (adcode, ring) => ({
        type: 'Feature', properties: { adcode }, geometry: { type: 'Polygon', coordinates: [ring] },
    })
    const features = [
        feature(WORLD.district, [[115.78, 28.67], [115.85, 28.67], [115.86, 28.71], [115.8, 28.72], [115.78, 28.67]]),
        feature(WORLD.village, [[115.79, 28.68], [115.84, 28.68], [115.84, 28.71], [115.79, 28.71], [115.79, 28.68]]),
    ]
    fs.writeFileSync(file, JSON.stringify({ type: 'FeatureCollection', features }))
    bihuan('areas', 'borders', file)
    fs.rmSync(path.dirname(file), { recursive: true })
}

await flow(async (t) => {
    const empty = await t.desk('stranger', '/map')
    await empty.waitForSelector('.beside :text("还没有带坐标的件")')
    await empty.waitForSelector('.legend :text("没有设底图")')
    await t.shot(empty, 'map-empty')

    const grid = await api('grid')
    const first = await grid.open('dispute', 'report', WORLD.village, at(115.81, 28.69, '塘边宅基地'))
    await grid.open('dispute', 'report', WORLD.village, at(115.82, 28.7, '桥头停车'))
    await grid.open('dispute', 'report', WORLD.village, at(115.82, 28.7, '桥头摆摊'))

    for (const [how, colorScheme] of [['desk', 'light'], ['phone', 'dark']]) {
        const page = await t[how]('centre', '/map', { colorScheme })
        await page.waitForSelector('.map .dot')
        await page.waitForSelector('.beside .line >> nth=2')
        await t.accessible(page, `/map (${how}, ${colorScheme})`)
        await t.shot(page, `map-${how}`)
        if (how === 'phone') continue
        await page.click('.map .many:text-is("2")') // two at one point: the list has those
        await page.waitForSelector('.beside :text("同一点的2件")')
        assert.equal(await page.locator('.beside .line').count(), 2)
        await page.click('.beside button:text("看这个范围里全部的")')
        await page.fill('input[type=search]', '桥头停车')
        await page.waitForSelector('.beside h2:text("这个范围里1件")')
        await page.click('a:text-is("看列表")')
        await page.waitForSelector('.matters tbody tr')
        assert.equal(await page.locator('.matters tbody tr').count(), 1)
        await page.click('a:text-is("看地图")')
        await page.waitForSelector('.beside h2:text("这个范围里1件")')
        await page.fill('input[type=search]', '塘边')
        await page.waitForSelector('.beside :text("塘边")')
        await page.focus('.beside .line') // by keyboard: the point is shown, and Enter opens the matter
        await page.waitForSelector('.map .dot.over')
        await page.keyboard.press('Enter')
        await page.waitForURL(`**/m/${first.id}`)
        await page.click('summary:text("在地图上看")')
        await page.waitForSelector('.map-small .dot')
        await t.accessible(page, 'a matter with its map')
        await t.shot(page, 'map-matter')
        await page.goBack()
        await page.waitForSelector('.map .dot')
        await page.click('.map .dot')
        await page.waitForURL(`**/m/${first.id}`)
    }

    const desk = await t.desk('grid', '/new')
    await desk.waitForSelector('#f-place')
    await desk.click('button:text-is("在地图上点")')
    await desk.waitForSelector('.map-small .leaflet-control-scale')
    await desk.locator('.map-small').click({ position: { x: 150, y: 100 } })
    await desk.waitForSelector('.map-small .dot')
    await desk.waitForSelector('button:text-is("已定位")')
    await t.accessible(desk, 'a point given by hand')
    await t.shot(desk, 'map-pick')

    // tiles of the Chinese maps, from one host and no other
    const asked = []
    const page = await t.desk('centre', '/me')
    const set = (name, value) => bihuan('setting', name, value)
    set('map.tiles', 'http://tiles.example/{z}/{x}/{y}.png')
    set('map.crs', 'GCJ-02')
    set('map.attribution', '审图号 <b>GS(2024)0000号</b>')
    await page.waitForTimeout(1100) // the server looks once a second for what another process has changed
    await page.route('http://tiles.example/**', (r) => {
        asked.push(r.request().url())
        return r.fulfill({ contentType: 'image/svg+xml', body: TILE })
    })
    await page.goto(`${ORIGIN}/map`)
    await page.waitForSelector('.map .leaflet-tile-loaded')
    assert.equal(await page.innerText('.leaflet-control-attribution'), '审图号 <b>GS(2024)0000号</b>')
    assert.equal(await page.locator('.map .grid').count(), 0)
    await t.accessible(page, 'a map with tiles')
    await t.shot(page, 'map-tiles')
    assert.ok(asked.length > 0 && asked.every((u) => /^http:\/\/tiles\.example\/\d+\/\d+\/\d+\.png$/.test(u)), asked[0])
    assert.deepEqual(t.foreign.filter((u) => !u.startsWith('http://tiles.example/')), [])
    t.foreign.length = 0 // the one that the setting names
    set('map.tiles', 'off')

    loadBorders()
    const outlined = await t.desk('centre', '/me')
    await outlined.waitForTimeout(1100)
    await outlined.goto(`${ORIGIN}/map`)
    await outlined.waitForSelector('.map .outline', { state: 'attached' })
    for (let i = 0; i < 8; i++) await outlined.click('.map .leaflet-control-zoom-out')
    await outlined.waitForTimeout(400)
    await t.shot(outlined, 'map-outline')

    const told = await t.desk('desk', '/new') // of the whole district: the point tells the grid
    await told.waitForSelector('[data-field=grid] .chips')
    await told.click('button:text-is("在地图上点")')
    await told.waitForSelector('.map-small .leaflet-control-scale')
    await told.locator('.map-small').click({ position: { x: 500, y: 140 } })
    await told.waitForSelector('[data-field=grid] :text("按坐标选的")')
    assert.match(await told.innerText('[data-field=grid]'), /一村/)
    await t.shot(told, 'map-grid')
})
