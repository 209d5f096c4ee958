/* Light or dark: as the device has it, or as chosen here; kept on this device. */
import { ref } from 'vue'

export type Theme = 'auto' | 'light' | 'dark'

const device = window.matchMedia('(prefers-color-scheme: dark)')
const kept = localStorage.getItem('theme')

export const theme = ref<Theme>(kept === 'light' || kept === 'dark' ? kept : 'auto')

export function showTheme(): void {
    const dark = theme.value === 'dark' || (theme.value === 'auto' && device.matches)
    document.documentElement.dataset.theme = dark ? 'dark' : 'light'
}

export function setTheme(to: Theme): void {
    theme.value = to
    localStorage.setItem('theme', to)
    showTheme()
}

device.addEventListener('change', showTheme)
