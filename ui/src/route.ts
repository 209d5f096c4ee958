/* The pages of the program, one row each: address, who may, words, and the file that is loaded when it is
 * first opened.  A part ":x" of an address becomes the property x of the page. */
import { computed, ref, type Component } from 'vue'
import { may, PERM } from './api'
import type { Words } from './words'

export interface Route {
    path: string
    title: Words
    page: () => Promise<{ default: Component }>
    may?: number // a permission, any one of the bits; none: everyone who is logged in
    open?: boolean // no account is needed
    bare?: boolean // without header and bars: for the resident, for paper
    menu?: 'wide' | 'narrow' | 'both' // in the header, in the bar at the foot of a narrow screen
    card?: Words // what it is for: a card on the overview of administration
}

/* The order is that of the menus; the first address that fits counts. */
export const ROUTES: Route[] = [
    { path: '/', title: { zh: '待办', en: 'To do' }, page: () => import('./desk/HomePage.vue'), menu: 'both' },
    {
        path: '/new', title: { zh: '上报', en: 'Report' }, page: () => import('./phone/EntryPage.vue'),
        may: PERM.act, menu: 'both',
    },
    {
        path: '/calls', title: { zh: '回访', en: 'Calls' }, page: () => import('./phone/CallsPage.vue'),
        may: PERM.act, menu: 'narrow',
    },
    {
        path: '/mine', title: { zh: '我的件', en: 'Mine' }, page: () => import('./phone/MinePage.vue'),
        open: true, menu: 'narrow',
    },
    { path: '/desk', title: { zh: '我的待办', en: 'My desk' }, page: () => import('./desk/DeskPage.vue'), may: PERM.read },
    {
        path: '/unit', title: { zh: '本单位', en: 'My unit' }, page: () => import('./desk/UnitPage.vue'),
        may: PERM.read, menu: 'wide',
    },
    {
        path: '/list', title: { zh: '办件', en: 'Matters' }, page: () => import('./desk/FirstList.vue'),
        may: PERM.read, menu: 'both',
    },
    {
        path: '/list/:type', title: { zh: '办件', en: 'Matters' }, page: () => import('./desk/ListPage.vue'),
        may: PERM.read,
    },
    {
        path: '/map', title: { zh: '地图', en: 'Map' }, page: () => import('./map/MapPage.vue'),
        may: PERM.read, menu: 'wide',
    },
    { path: '/m/:id', title: { zh: '办件', en: 'Matter' }, page: () => import('./matter/MatterPage.vue') },
    {
        path: '/new/:type/:action', title: { zh: '新建', en: 'New' }, page: () => import('./pages/NewPage.vue'),
        may: PERM.act,
    },
    {
        path: '/figures', title: { zh: '统计', en: 'Figures' }, page: () => import('./figures/FiguresPage.vue'),
        may: PERM.count, menu: 'wide',
    },
    {
        path: '/wall', title: { zh: '大屏', en: 'Wall' }, page: () => import('./figures/WallPage.vue'),
        may: PERM.count, bare: true,
    },
    {
        path: '/matters', title: { zh: '数后面的办件', en: 'Matters behind a number' },
        page: () => import('./figures/MattersPage.vue'), may: PERM.read,
    },
    {
        path: '/bulletin/:id', title: { zh: '简报', en: 'Bulletin' },
        page: () => import('./figures/BulletinPage.vue'), may: PERM.read,
    },
    {
        path: '/window', title: { zh: '窗口', en: 'Window' }, page: () => import('./window/WindowPage.vue'),
        may: PERM.act, menu: 'wide',
    },
    {
        path: '/admin', title: { zh: '管理', en: 'Administration' }, page: () => import('./admin/AdminPage.vue'),
        may: PERM.admin | PERM.audit, menu: 'wide',
    },
    {
        path: '/import', title: { zh: '导入台账', en: 'Import a ledger' }, page: () => import('./import/ImportPage.vue'),
        may: PERM.import,
        card: { zh: '把 Excel 或 CSV 台账变成办件：对照、试一遍、导入', en: 'A ledger becomes matters: map, try, import' },
    },
    {
        path: '/admin/areas', title: { zh: '区划', en: 'Areas' }, page: () => import('./admin/AreasPage.vue'),
        may: PERM.admin,
        card: { zh: '新增、改名、划转、合并、拆分、撤销；沿革', en: 'Add, rename, move, merge, split, close; history' },
    },
    {
        path: '/admin/orgs', title: { zh: '单位', en: 'Units' }, page: () => import('./admin/OrgsPage.vue'),
        may: PERM.admin,
        card: { zh: '新增、改名、划转、停用；居民看到的电话', en: 'Add, rename, move, close; the telephone for residents' },
    },
    {
        path: '/admin/log', title: { zh: '记录总账与核验', en: 'Log and proofs' },
        page: () => import('./admin/LogPage.vue'), may: PERM.admin | PERM.audit,
        card: { zh: '办理记录有多少条、存证点、在浏览器里核验', en: 'The events, checkpoints, proofs checked in the browser' },
    },
    {
        path: '/admin/budget', title: { zh: '表单清单', en: 'Form budget' }, page: () => import('./admin/BudgetPage.vue'),
        may: PERM.admin | PERM.audit,
        card: { zh: '每张表问什么、依据哪条规定、上月填了几次', en: 'What every form asks, by which rule, how often' },
    },
    {
        path: '/scan', title: { zh: '扫码登录', en: 'Log in by a code' }, page: () => import('./pages/ScanPage.vue'),
        open: true, bare: true,
    },
    {
        path: '/admin/orgs/:id', title: { zh: '单位', en: 'Unit' }, page: () => import('./admin/OrgPage.vue'),
        may: PERM.admin,
    },
    {
        path: '/admin/accounts', title: { zh: '账号', en: 'Accounts' }, page: () => import('./admin/AccountsPage.vue'),
        may: PERM.admin,
        card: { zh: '新增账号、给角色、重设密码、停用', en: 'Add accounts, give roles, reset passwords, close' },
    },
    {
        path: '/admin/accounts/:id', title: { zh: '账号', en: 'Account' }, page: () => import('./admin/AccountPage.vue'),
        may: PERM.admin,
    },
    {
        path: '/admin/playbooks', title: { zh: '业务规程', en: 'Playbooks' },
        page: () => import('./admin/PlaybooksPage.vue'), may: PERM.admin,
        card: { zh: '看各版、检查新版、试算、启用、改回', en: 'View, check a new version, dry run, put in force, go back' },
    },
    {
        path: '/admin/playbooks/:id', title: { zh: '业务规程', en: 'Playbook' },
        page: () => import('./admin/PlaybookPage.vue'), may: PERM.admin,
    },
    {
        path: '/admin/playbook-check', title: { zh: '检查新版', en: 'Check a new version' },
        page: () => import('./admin/PlaybookCheck.vue'), may: PERM.admin,
    },
    { path: '/me', title: { zh: '我的', en: 'Me' }, page: () => import('./pages/MePage.vue'), menu: 'both' },
]

/* What stands in the address bar. */
export const path = ref(location.pathname)
export const query = ref(new URLSearchParams(location.search))
export const visit = ref(0) // every coming to a page, also to the same one, opens it afresh

function read(): void {
    visit.value++
    path.value = location.pathname
    query.value = new URLSearchParams(location.search)
}

window.addEventListener('popstate', read)

export function go(to: string): void {
    history.pushState(null, '', to)
    read()
    window.scrollTo(0, 0)
}

/* The same page with other choices: going back leaves the page and not the choice. */
export function choose(choices: Record<string, string | undefined>): void {
    const q = new URLSearchParams(location.search)
    for (const [k, v] of Object.entries(choices)) {
        if (v) q.set(k, v)
        else q.delete(k)
    }
    const s = q.toString()
    history.replaceState(null, '', s ? `${location.pathname}?${s}` : location.pathname)
    query.value = q
}

/* For a plain link: a new tab stays a new tab. */
export function follow(e: MouseEvent, to: string): void {
    if (e.ctrlKey || e.metaKey || e.shiftKey || e.button) return
    e.preventDefault()
    go(to)
}

function split(s: string): string[] {
    return s.split('/').filter(Boolean)
}

function fits(r: Route, at: string[]): Record<string, string> | null {
    const want = split(r.path)
    const found: Record<string, string> = {}
    if (want.length !== at.length) return null
    for (let i = 0; i < want.length; i++) {
        if (want[i][0] === ':') found[want[i].slice(1)] = decodeURIComponent(at[i])
        else if (want[i] !== at[i]) return null
    }
    return found
}

export function allowed(r: Route): boolean {
    return r.may === undefined || may(r.may)
}

/* The row of the address, with the properties of its page. */
export const here = computed(() => {
    const at = split(path.value)
    for (const route of ROUTES) {
        const props = fits(route, at)
        if (props) return { route, props }
    }
    return null
})
