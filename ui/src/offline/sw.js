/* The service worker.  It keeps the page's own files and nothing of the program's answers (kept.ts does).
 * With a network the newest page is shown; without one, the last that came.  vite.config.ts fills in BUILD, a
 * digest of all files, and FILES, what the phone's pages need. */
const BUILD = '__BUILD__'
const FILES = ['__FILES__']
const MINE = `page-${BUILD}`
const PATIENCE = 3000

self.addEventListener('install', (e) => {
    self.skipWaiting()
    e.waitUntil(caches.open(MINE).then((c) => c.addAll(FILES)))
})

/* The files of the build before stay: a window that is still open loads its parts from there. */
async function tidy() {
    const all = (await caches.keys()).filter((k) => k.startsWith('page-') && k !== MINE)
    await Promise.all(all.slice(0, -1).map((k) => caches.delete(k)))
    await self.clients.claim()
}

self.addEventListener('activate', (e) => e.waitUntil(tidy()))

function late() {
    return new Promise((_, no) => setTimeout(() => no(new Error('late')), PATIENCE))
}

async function pageOf(request) {
    try {
        const got = await Promise.race([fetch(request), late()])
        if (got.ok) return got
    } catch {
        // no network, or too slow: what is here
    }
    return (await caches.match('/', { cacheName: MINE })) ?? fetch(request)
}

async function fileOf(request) {
    const here = await caches.match(request)
    if (here) return here
    const got = await fetch(request)
    if (got.ok) (await caches.open(MINE)).put(request, got.clone())
    return got
}

self.addEventListener('fetch', (e) => {
    const url = new URL(e.request.url)
    if (e.request.method !== 'GET' || url.origin !== self.location.origin) return
    // r and v are pages of their own, for people without an account
    const page = !url.pathname.includes('.') && !/^\/(api|r|v)(\/|$)/.test(url.pathname)
    if (e.request.mode === 'navigate' && page) e.respondWith(pageOf(e.request))
    else if (url.pathname.startsWith('/assets/') || FILES.includes(url.pathname)) e.respondWith(fileOf(e.request))
})
