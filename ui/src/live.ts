/* What others do is shown at once, unless it would move what lies under somebody's hand: then a bar says so, and the
 * person asks for it. */
import { onUnmounted, ref, type Ref } from 'vue'
import { watchChanges } from './changes'

/* Under the pointer, or with the keyboard in it. */
function held(at: HTMLElement | undefined): boolean {
    return !!at && (at.matches(':hover') || at.contains(document.activeElement))
}

interface Live {
    news: Ref<boolean> // something changed and is not shown yet
    show: () => Promise<void>
}

interface Watched {
    at: Ref<HTMLElement | undefined> // what must not move
    concerns?: (ids: string[]) => boolean
    load: () => Promise<void>
    pause?: number // changes come in bursts, one question answers them all (ms)
    busy?: () => boolean // something is begun that must stay
    other?: () => boolean | Promise<boolean> // it was not one's own doing, which is shown already
}

export function useLive(watched: Watched): Live {
    const { at, concerns = () => true, load, pause = 0, busy = () => false, other = () => true } = watched
    const news = ref(false)
    let timer = 0
    async function show() {
        news.value = false
        await load()
    }
    async function come() {
        if (!busy() && !held(at.value)) await show()
        else if (await other()) news.value = true
    }
    onUnmounted(
        watchChanges((ids) => {
            if (!concerns(ids)) return
            clearTimeout(timer)
            timer = window.setTimeout(() => void come(), pause)
        }),
    )
    onUnmounted(() => clearTimeout(timer))
    return { news, show }
}
