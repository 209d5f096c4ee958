import vue from '@vitejs/plugin-vue'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { defineConfig, type Plugin, type Rollup } from 'vite'

type Bundle = Rollup.OutputBundle

/* The pages that open without a network; others are kept when they were opened once. */
const OFFLINE = /\/src\/(phone|offline)\/|\/pages\/(LogIn|MePage)\.vue/

/* A file of the build, what it imports, and their styles. */
function take(bundle: Bundle, name: string, into: Set<string>): void {
    const file = bundle[name]
    if (!file || into.has(name)) return
    into.add(name)
    if (file.type !== 'chunk') return
    for (const css of file.viteMetadata?.importedCss ?? []) into.add(css)
    for (const other of file.imports) take(bundle, other, into)
}

/* sw.js, with the names of what it keeps and a digest of all that was built. */
function serviceWorker(): Plugin {
    return {
        name: 'service-worker',
        apply: 'build',
        generateBundle: {
            order: 'post',
            handler(_, bundle) {
                const kept = new Set<string>()
                for (const [name, file] of Object.entries(bundle)) {
                    const wanted = file.type === 'chunk' && (file.isEntry || OFFLINE.test(file.facadeModuleId ?? ''))
                    if (wanted) take(bundle, name, kept)
                }
                const source = readFileSync(new URL('src/offline/sw.js', import.meta.url), 'utf-8')
                const page = bundle['index.html']
                const all = createHash('sha256').update(source)
                for (const name of Object.keys(bundle).sort()) all.update(`${name}\n`)
                if (page?.type === 'asset') all.update(page.source)
                const own = readdirSync(new URL('public', import.meta.url))
                for (const f of own) all.update(readFileSync(new URL(`public/${f}`, import.meta.url)))
                const files = ['/', ...own.map((f) => `/${f}`), ...[...kept].sort().map((f) => `/${f}`)]
                this.emitFile({
                    type: 'asset',
                    fileName: 'sw.js',
                    source: source
                        .replace('__BUILD__', all.digest('hex').slice(0, 16))
                        .replace("['__FILES__']", JSON.stringify(files)),
                })
            },
        },
    }
}

// No inline script and no data: assets: the program serves the page under a strict policy.
export default defineConfig({
    // Vue's options API stays in: Element Plus has parts that extend others by it
    plugins: [vue(), serviceWorker()],
    build: {
        target: 'es2020', assetsInlineLimit: 0, modulePreload: { polyfill: false },
        // r and v are for people without an account: small pages of their own
        rollupOptions: { input: ['index.html', 'r.html', 'v.html'] },
    },
    server: { proxy: { '/api': 'http://127.0.0.1:8080' } },
})
