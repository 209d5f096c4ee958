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
}

export function useLive({ at, concerns = () => true, load, pause = 0, busy = () => false }: Watched): Live {
    const news = ref(false)
    let timer = 0
    async function show() {
        news.value = false
        await load()
    }
    function come() {
        if (busy() || held(at.value)) news.value = true
        else void show()
    }
    onUnmounted(
        watchChanges((ids) => {
            if (!concerns(ids)) return
            clearTimeout(timer)
            timer = window.setTimeout(come, pause)
        }),
    )
    onUnmounted(() => clearTimeout(timer))
    return { news, show }
}
