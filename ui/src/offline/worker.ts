/* The service worker: once it is there the page opens without a network. */
import { ref } from 'vue'
import { t } from '../words'
import { secure } from './crypt'

/* Why the page does not open without a network on this device, or nothing. */
export const off = ref('')

export async function startWorker(): Promise<void> {
    if (!secure || !('serviceWorker' in navigator)) {
        off.value = t(
            '当前是普通 HTTP 地址：浏览器不给定位，断网打不开，没报上去的不能存在手机里。请改用 HTTPS 地址。',
            'Plain HTTP: no position, no page without a network, nothing kept on this device. Use the HTTPS address.',
        )
        return
    }
    try {
        await navigator.serviceWorker.register('/sw.js')
    } catch {
        off.value = t('浏览器没让本页离线可用；有网时一切照常。', 'This browser opens the page with a network only.')
    }
}
