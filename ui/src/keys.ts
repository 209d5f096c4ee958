/* Keys that spare the mouse: a page names its own, the frame has some for every page, `?` shows them all.  They act
 * outside of inputs alone, and can be switched off on this device (single letters disturb who dictates). */
import { onMounted, onUnmounted, ref, shallowReactive } from 'vue'

export interface Key {
    key: string // as the keyboard says it; "g l" is one after the other
    zh: string
    en: string
    run: () => unknown
}

const AFTER = 1500 // ms between the two of "g l"
const BUSY = 'input, textarea, select, [contenteditable], [role="combobox"], [role="treeitem"], [role="dialog"], dialog'

export const keys = shallowReactive<Key[]>([])
export const keysOn = ref(localStorage.getItem('keys') !== 'off')

export function switchKeys(on: boolean): void {
    keysOn.value = on
    localStorage.setItem('keys', on ? 'on' : 'off')
}

/* For as long as the page is there. */
export function useKeys(list: Key[]): void {
    onMounted(() => keys.push(...list))
    onUnmounted(() => list.forEach((k) => keys.splice(keys.indexOf(k), 1)))
}

let first = ''
let at = 0

/* The newest page comes before the frame. */
function found(key: string): Key | undefined {
    const two = first && performance.now() - at < AFTER ? `${first} ${key}` : ''
    first = ''
    const list = [...keys].reverse()
    return list.find((k) => k.key === two) ?? list.find((k) => k.key === key)
}

window.addEventListener('keydown', (e) => {
    const plain = !e.ctrlKey && !e.metaKey && !e.altKey && !e.isComposing && !e.defaultPrevented
    if (!plain || !keysOn.value || (e.target instanceof Element && e.target.closest(BUSY))) return
    const k = found(e.key)
    if (k) {
        e.preventDefault()
        void k.run()
    } else if (keys.some((x) => x.key.startsWith(`${e.key} `))) {
        first = e.key
        at = performance.now()
    }
})
