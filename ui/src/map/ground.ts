/* The ground of every map: tiles when the house has a server for them, else a grid of degrees; always a scale. */
import * as L from 'leaflet'
import 'leaflet/dist/leaflet.css'
import './map.css'
import { get } from '../api'
import { t } from '../words'

export interface Tiles {
    tiles?: string
    attribution?: string
    crs: string // of the tiles: points are asked for in it
}

export type At = [number, number] // longitude, latitude
export type Box = [number, number, number, number] // west, south, east, north

let asked: Promise<Tiles> | undefined

export function tiles(): Promise<Tiles> {
    asked ??= get<Tiles>('/api/map').catch((e) => {
        asked = undefined
        throw e
    })
    return asked
}

/* The borders of an area and of those just below it, where they were loaded. */
export async function outlines(area: string, crs: string): Promise<At[][]> {
    const { rows } = await get<{ rows: { rings: At[][] }[] }>('/api/borders', { area, crs })
    return rows.flatMap((r) => r.rings)
}

export function around(lines: At[][]): Box | undefined {
    const all = lines.flat()
    if (!all.length) return undefined
    const least = (i: number) => all.reduce((n, p) => Math.min(n, p[i]), 180)
    const most = (i: number) => all.reduce((n, p) => Math.max(n, p[i]), -180)
    return [least(0), least(1), most(0), most(1)]
}

export const FIT: L.FitBoundsOptions = { animate: false, padding: [24, 24], maxZoom: 16 }

export const boundsOf = (b: Box): L.LatLngBounds => L.latLngBounds([b[1], b[0]], [b[3], b[2]])

export function boxOf(map: L.Map): Box {
    const b = map.getBounds()
    const clip = (n: number, most: number) => Math.max(-most, Math.min(most, Number(n.toFixed(6))))
    return [clip(b.getWest(), 180), clip(b.getSouth(), 90), clip(b.getEast(), 180), clip(b.getNorth(), 90)]
}

const STEPS = [30, 10, 5, 2, 1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001]
const APART = 110 // px between two lines at least: a label's width

function label(n: number, east: boolean, step: number): string {
    const digits = Math.max(0, Math.ceil(-Math.log10(step)))
    const sides = east ? [t('东经', 'E '), t('西经', 'W ')] : [t('北纬', 'N '), t('南纬', 'S ')]
    return `${sides[n < 0 ? 1 : 0]}${Math.abs(n).toFixed(digits)}°`
}

/* Drawn anew when the map has moved. */
function drawGrid(map: L.Map, into: L.LayerGroup): void {
    const b = map.getBounds()
    const degree = map.getSize().x / (b.getEast() - b.getWest()) // px
    const step = [...STEPS].reverse().find((s) => s * degree >= APART) ?? STEPS[0]
    const line = (from: L.LatLngTuple, to: L.LatLngTuple) =>
        L.polyline([from, to], { className: 'grid', weight: 1, interactive: false }).addTo(into)
    const text = (at: L.LatLngTuple, html: string, className: string) =>
        L.marker(at, { interactive: false, keyboard: false, icon: L.divIcon({ className, html, iconSize: undefined }) })
            .addTo(into)
    into.clearLayers()
    for (let i = Math.ceil(b.getWest() / step); i * step <= b.getEast(); i++) {
        line([b.getSouth(), i * step], [b.getNorth(), i * step])
        text([b.getNorth(), i * step], label(i * step, true, step), 'degree east')
    }
    for (let i = Math.ceil(b.getSouth() / step); i * step <= b.getNorth(); i++) {
        line([i * step, b.getWest()], [i * step, b.getEast()])
        text([i * step, b.getWest()], label(i * step, false, step), 'degree north')
    }
}

export function makeMap(el: HTMLElement, ground: Tiles, box: Box): L.Map {
    const map = L.map(el, {
        zoomControl: false, attributionControl: !!ground.attribution, minZoom: 3, maxZoom: 19,
        zoomSnap: ground.tiles ? 1 : 0.25,
    })
    const titles = { zoomInTitle: t('放大', 'Zoom in'), zoomOutTitle: t('缩小', 'Zoom out') }
    L.control.zoom({ ...titles, position: 'bottomright' }).addTo(map)
    L.control.scale({ imperial: false }).addTo(map)
    map.attributionControl?.setPrefix(false)
    map.fitBounds(boundsOf(box), FIT)
    if (ground.tiles) {
        // text of a setting: shown as text
        const owner = document.createElement('span')
        owner.textContent = ground.attribution ?? ''
        L.tileLayer(ground.tiles, { attribution: owner.innerHTML, maxZoom: 19 }).addTo(map)
        return map
    }
    const grid = L.layerGroup().addTo(map)
    map.on('moveend', () => drawGrid(map, grid))
    drawGrid(map, grid)
    return map
}
