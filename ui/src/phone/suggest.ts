/* Which codes a sentence may be about: by the words that the playbook gives each code (`hint`), on the phone, so
 * that it works without a network.  A long word says more than a short one, a word of one code more than a word of
 * many.  A person always confirms. */
export interface Hinted {
    code: string
    hint?: string
    parent?: string
    from?: string
    to?: string
}

export function suggest<C extends Hinted>(codes: C[], text: string, today: string, most = 3): C[] {
    const shared = new Map<string, number>()
    const words = new Map<C, string[]>()
    for (const c of codes) {
        if ((c.from && c.from > today) || (c.to && c.to < today)) continue
        const own = [...new Set((c.hint ?? '').split(/\s+/).filter(Boolean))]
        words.set(c, own)
        for (const w of own) shared.set(w, (shared.get(w) ?? 0) + 1)
    }
    const low = text.toLowerCase()
    const scored: { c: C; score: number; at: number }[] = []
    let at = 0
    for (const [c, own] of words) {
        let score = 0
        for (const w of own) if (low.includes(w.toLowerCase())) score += w.length / (shared.get(w) ?? 1)
        if (score) scored.push({ c, score, at })
        at++
    }
    return scored.sort((a, b) => b.score - a.score || a.at - b.at).slice(0, most).map((x) => x.c)
}
