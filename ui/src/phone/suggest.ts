/* Which codes a sentence may be about: by the words that the playbook gives each code (`hint`) and by its name, on
 * the phone, so that it works without a network.  A whole word says more than a part of one, a long word more than
 * a short one, a word of one code more than a word of many.  A person always confirms. */
export interface Hinted {
    code: string
    name?: { zh: string }
    hint?: string
    parent?: string
    from?: string
    to?: string
}

const PART = 0.35 // of what a whole word says
const EMPTY = /其他|纠纷|问题|以及|及其|[、及与和（）]/g // in nearly every name

function pairs(word: string): string[] {
    const out: string[] = []
    for (let i = 0; i + 2 <= word.length; i++) out.push(word.slice(i, i + 2))
    return out
}

/* What speaks for a code, with how much. */
function signs(c: Hinted): Map<string, number> {
    const all = new Map<string, number>()
    const say = (word: string, much: number) => all.set(word, Math.max(much, all.get(word) ?? 0))
    for (const part of (c.name?.zh ?? '').split(EMPTY)) for (const p of pairs(part)) say(p, 2 * PART)
    for (const word of (c.hint ?? '').toLowerCase().split(/\s+/).filter(Boolean)) {
        say(word, word.length)
        if (word.length > 2) for (const p of pairs(word)) say(p, 2 * PART)
    }
    return all
}

export function suggest<C extends Hinted>(codes: C[], text: string, today: string, most = 3): C[] {
    const below = new Set(codes.map((c) => c.parent))
    const open = codes.filter((c) => !below.has(c.code) && (!c.from || c.from <= today) && (!c.to || c.to >= today))
    const known = open.map(signs)
    const shared = new Map<string, number>()
    for (const s of known) for (const word of s.keys()) shared.set(word, (shared.get(word) ?? 0) + 1)
    const low = text.toLowerCase()
    const scored = open.map((c, at) => {
        let score = 0
        for (const [word, much] of known[at]) if (low.includes(word)) score += much / (shared.get(word) ?? 1)
        return { c, score, at }
    })
    const found = scored.filter((x) => x.score > 0).sort((a, b) => b.score - a.score || a.at - b.at)
    return found.slice(0, most).map((x) => x.c)
}
