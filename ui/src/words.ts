/* Chinese first; English by a switch that is kept on this device. */
import { ref } from 'vue'

export interface Words {
    zh: string
    en: string
}

export const lang = ref<'zh' | 'en'>(localStorage.getItem('lang') === 'en' ? 'en' : 'zh')

export function t(zh: string, en: string): string {
    return lang.value === 'zh' ? zh : en
}

export function say(w: Words | undefined): string {
    return w ? w[lang.value] : ''
}

export function showLang(): void {
    document.documentElement.lang = t('zh-CN', 'en')
}

export function switchLang(): void {
    lang.value = t('en', 'zh') as 'zh' | 'en'
    localStorage.setItem('lang', lang.value)
    showLang()
}
