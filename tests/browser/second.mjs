// Builds the page once more, as another build, into a folder: second.mjs FOLDER (from the root)
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

const ui = new URL('../../ui/', import.meta.url)
const { build } = await import(createRequire(ui).resolve('vite').replace('index.cjs', 'dist/node/index.js'))
const mark = {
    name: 'mark',
    enforce: 'pre',
    transform: (code, id) => (id.endsWith('/src/main.ts') ? `${code}\nglobalThis.bihuanBuild = 'second'\n` : undefined),
}
process.chdir(fileURLToPath(ui))
const into = { outDir: process.argv[2], emptyOutDir: true }
await build({ root: fileURLToPath(ui), logLevel: 'error', plugins: [mark], build: into })
