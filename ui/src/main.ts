import { createApp } from 'vue'
import App from './App.vue'
import './style.css'
import { showTheme } from './theme'
import { showLang } from './words'

showTheme()
showLang()
createApp(App).mount('#app')
