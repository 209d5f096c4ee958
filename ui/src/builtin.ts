/* Inputs of the actions that every matter has; the program knows them, playbooks do not name them. */
import type { Field } from './playbook'

function text(id: string, zh: string, en: string, required = true): Field {
    return { id, label: { zh, en }, type: 'text', multiline: true, required, max_chars: 2000 }
}

function org(id: string, zh: string, en: string, required = true): Field {
    return { id, label: { zh, en }, type: 'org', required }
}

const note = text('note', '说明', 'Note', false)

export const BUILTIN: Record<string, Field[]> = {
    comment: [text('text', '内容', 'Comment')],
    urge: [text('text', '催办内容', 'Urge', false)],
    supervise: [
        text('text', '督办要求', 'What is asked'),
        { id: 'due', label: { zh: '反馈期限', en: 'Answer due' }, type: 'date' },
    ],
    report_back: [text('text', '办理情况', 'What was done')],
    instruct: [text('text', '批示内容', 'Instruction')],
    transfer: [org('to_org', '转给哪个单位', 'To which unit'), note],
    assign: [org('to_org', '指定哪个单位', 'To which unit'), note],
    sign: [],
    return: [
        {
            id: 'reason',
            label: { zh: '退回原因', en: 'Reason' },
            type: 'option',
            required: true,
            options: [
                { value: 'not_ours', name: { zh: '不属本单位职责', en: 'Not our duty' } },
                { value: 'wrong_area', name: { zh: '不在本辖区', en: 'Not our area' } },
                { value: 'incomplete', name: { zh: '材料不全', en: 'Incomplete' } },
                { value: 'duplicate', name: { zh: '重复', en: 'Duplicate' } },
                { value: 'joint', name: { zh: '需多单位协办', en: 'Needs joint handling' } },
            ],
        },
        org('right_org', '应由哪个单位办理（不属本单位职责的要填）', 'The right unit', false),
        note,
    ],
    revoke: [],
    share: [
        { ...org('orgs', '协办单位', 'Units'), many: true },
        text('text', '协办事项', 'What is asked'),
        { id: 'workdays', label: { zh: '几个工作日内', en: 'Working days' }, type: 'integer', min: 1, max: 60 },
    ],
    share_done: [text('text', '协办结果', 'Outcome')],
    pause: [text('reason', '暂停理由', 'Reason')],
    resume: [],
    extend: [text('reason', '延长理由', 'Reason')],
    undo: [],
    attach: [],
}
