/* Addresses: / (list), /m/ID, /new/TYPE/ACTION, /figures.  The program answers all of them with the
 * page. */
import { ref } from 'vue'

export const path = ref(location.pathname)

window.addEventListener('popstate', () => (path.value = location.pathname))

export function go(to: string): void {
    history.pushState(null, '', to)
    path.value = to
    window.scrollTo(0, 0)
}

/* For a plain link: a new tab stays a new tab. */
export function follow(e: MouseEvent, to: string): void {
    if (e.ctrlKey || e.metaKey || e.shiftKey || e.button) return
    e.preventDefault()
    go(to)
}
