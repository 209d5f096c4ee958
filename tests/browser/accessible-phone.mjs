// axe-core finds nothing serious on any page on a phone, whoever comes there, light and dark.
import { everywhere } from './everywhere.mjs'
import { api, flow, ORIGIN, WORLD } from './harness.mjs'

await flow((t) => everywhere(t, 'phone', { api, world: WORLD, origin: ORIGIN }))
