// A network that can be bad, between the browser and the program: gone, losing requests or answers, sending them
// twice.  It can also hand out the page of another build.
import http from 'node:http'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'

const KINDS = {
    '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml',
    '.webmanifest': 'application/manifest+json',
}

// A fixed row of numbers, so that a run can be told again.
function dice(seed) {
    let x = seed >>> 0
    return () => ((x = (Math.imul(x, 1664525) + 1013904223) >>> 0) / 2 ** 32)
}

export class Network {
    constructor(target, seed = 7) {
        Object.assign(this, { target, down: false, loss: 0, twice: false, page: '', roll: dice(seed) })
        this.seen = { asked: 0, lostRequests: 0, lostAnswers: 0, twice: 0 }
        this.sockets = new Set()
    }

    async start() {
        this.server = http.createServer((rq, rs) => this.handle(rq, rs))
        this.server.on('connection', (s) => {
            if (this.down) return s.destroy()
            this.sockets.add(s)
            s.on('close', () => this.sockets.delete(s))
        })
        await new Promise((yes) => this.server.listen(0, '127.0.0.1', yes))
        this.port = this.server.address().port
        this.origin = `http://127.0.0.1:${this.port}`
        return this
    }

    goDown(down) {
        this.down = down
        if (down) for (const s of this.sockets) s.destroy()
    }

    stop() {
        this.goDown(true)
        this.server.close()
    }

    once(rq, body) {
        return new Promise((yes, no) => {
            const headers = { ...rq.headers, connection: 'close' }
            const to = { host: '127.0.0.1', port: this.target, method: rq.method, path: rq.url, headers }
            const on = http.request(to, (got) => {
                const parts = []
                got.on('data', (d) => parts.push(d))
                got.on('end', () => yes({ status: got.statusCode, headers: got.headers, body: Buffer.concat(parts) }))
                got.on('error', no)
            })
            on.on('error', no)
            on.end(body)
        })
    }

    file(rq, rs) {
        const at = new URL(rq.url, 'http://x').pathname
        let file = path.join(this.page, at)
        if (!path.extname(at)) file = path.join(this.page, 'index.html')
        if (!existsSync(file)) return false
        const kind = KINDS[path.extname(file)] ?? 'application/octet-stream'
        rs.writeHead(200, { 'content-type': kind, 'cache-control': 'no-cache' })
        rs.end(readFileSync(file))
        return true
    }

    async handle(rq, rs) {
        const parts = []
        try {
            for await (const d of rq) parts.push(d)
        } catch {
            return
        }
        if (this.down) return rs.destroy()
        if (this.page && !rq.url.startsWith('/api/') && rq.url !== '/healthz' && this.file(rq, rs)) return
        const counts = rq.url.startsWith('/api/') && rq.method === 'POST' && rq.url !== '/api/session'
        this.seen.asked += counts
        const bad = counts && this.roll() < this.loss
        const early = bad && this.roll() < 0.5
        if (early) {
            this.seen.lostRequests++
            return rs.destroy()
        }
        try {
            const body = Buffer.concat(parts)
            let got = await this.once(rq, body)
            if (this.twice && counts) {
                this.seen.twice++
                got = await this.once(rq, body)
            }
            if (bad) {
                this.seen.lostAnswers++
                return rs.destroy()
            }
            const headers = { ...got.headers }
            delete headers.connection
            delete headers['transfer-encoding']
            rs.writeHead(got.status, { ...headers, 'content-length': got.body.length })
            rs.end(got.body)
        } catch {
            rs.destroy()
        }
    }
}
