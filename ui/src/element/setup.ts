/* Element Plus in the words and colours of this page.  Nothing outside of this folder knows of it, and this folder is
 * loaded at a desk alone. */
import 'element-plus/theme-chalk/base.css'
import './theme.css'
import 'dayjs/locale/zh-cn'
import en from 'element-plus/es/locale/lang/en'
import zhCn from 'element-plus/es/locale/lang/zh-cn'
import { localeContextKey } from 'element-plus/es/hooks/use-locale/index'
import { computed, provide } from 'vue'
import { lang } from '../words'

export const locale = computed(() => (lang.value === 'zh' ? zhCn : en))

/* To be called in the setup of each part that draws with it. */
export function inOurWords(): void {
    provide(localeContextKey, locale)
}
