/* Keys in a tree that drops down, as a tree has them elsewhere: Enter chooses, right opens and goes in, left
 * shuts and goes out.  By itself Element Plus chooses on left and right, and does nothing on Enter. */
import { onMounted, onUnmounted } from 'vue'

const NODE = '.el-tree-select__popper .el-tree-node'
let users = 0

function opened(node: HTMLElement): boolean {
    return node.getAttribute('aria-expanded') === 'true'
}

/* Of the node itself, not of those below it. */
function icon(node: HTMLElement): HTMLElement | null {
    return node.querySelector(':scope > .el-tree-node__content > .el-tree-node__expand-icon')
}

function act(node: HTMLElement, key: string): boolean {
    const leaf = !icon(node) || icon(node)?.classList.contains('is-leaf')
    if (key === 'Enter') node.click()
    else if (key === 'ArrowRight' && !opened(node) && !leaf) icon(node)?.click()
    else if (key === 'ArrowRight') node.querySelector<HTMLElement>('.el-tree-node')?.focus()
    else if (key === 'ArrowLeft' && opened(node)) icon(node)?.click()
    else if (key === 'ArrowLeft') node.parentElement?.closest<HTMLElement>('.el-tree-node')?.focus()
    else return false
    return true
}

function onKey(e: KeyboardEvent): void {
    const node = e.target instanceof HTMLElement && e.target.matches(NODE) ? e.target : null
    if (!node || !act(node, e.key)) return
    e.preventDefault()
    e.stopPropagation()
}

export function treeKeys(): void {
    onMounted(() => users++ || document.addEventListener('keydown', onKey, true))
    onUnmounted(() => --users || document.removeEventListener('keydown', onKey, true))
}
