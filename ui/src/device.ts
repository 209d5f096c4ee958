/* In the hand or at a desk, and one input drawn for either. */
import { defineAsyncComponent, defineComponent, h, ref, type Component } from 'vue'

const wide = window.matchMedia('(min-width: 768px) and (pointer: fine)')

export const atDesk = ref(wide.matches)
wide.addEventListener('change', () => (atDesk.value = wide.matches))

/* Native in the hand, what `rich` loads at a desk; native too when the network does not bring it.  Both take the same
 * properties: a page does not know which of them it has. */
export function byDevice<T extends Component>(native: T, rich: () => Promise<{ default: Component }>): T {
    const loader = () => rich().catch(() => ({ default: native }))
    const desk = defineAsyncComponent({ loader, delay: 0 })
    return defineComponent({
        inheritAttrs: false,
        setup: (_, { attrs }) => () => h(atDesk.value ? desk : native, attrs),
    }) as unknown as T
}
