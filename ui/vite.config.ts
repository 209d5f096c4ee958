import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vite'

// No inline script and no data: assets: the program serves the page under a strict policy.
export default defineConfig({
    plugins: [vue()],
    define: { __VUE_OPTIONS_API__: 'false' },
    build: {
        target: 'es2020', assetsInlineLimit: 0, modulePreload: { polyfill: false },
        // r and v are for people without an account: small pages of their own
        rollupOptions: { input: ['index.html', 'r.html', 'v.html'] },
    },
    server: { proxy: { '/api': 'http://127.0.0.1:8080' } },
})
