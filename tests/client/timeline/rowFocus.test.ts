import { describe, expect, test } from 'bun:test'
import { rowFocus } from '../../../src/client/timeline/rows/rowFocus.ts'
import { h } from '../../../src/client/ui/dom.ts'
import { useDom } from '../../support/client/useDom.ts'

useDom('http://localhost/chat/lobby')

describe('the row that has the focus', () => {
  test.each([
    ['is deleted: the next one has it', false, 'b', 'c', 0],
    ['was the last: the one before has it', false, 'c', 'b', 0],
    ['is trimmed away: the composer is asked to take it', true, 'b', null, 1],
    ['stays: nothing changes', false, null, 'b', 0],
  ] as const)('[A10] %s', (_, trimmed, goes, has, left) => {
    const rows = h('div')
    for (const id of ['a', 'b', 'c']) rows.append(h('article', { class: 'message', id, tabindex: -1 }))
    const log = h('div', {}, rows)
    document.body.replaceChildren(log)
    let leaves = 0
    const none = () => undefined
    const on = { end: none, top: none, near: () => null, leave: () => (leaves += 1), act: () => false }
    const focus = rowFocus(log, rows, on)
    document.getElementById(goes ?? 'b')?.focus()
    const after = focus.keep()
    if (goes !== null) document.getElementById(goes)?.remove()
    after(() => trimmed)
    expect(leaves).toBe(left)
    if (has !== null) expect(document.activeElement?.id).toBe(has)
    log.remove()
  })
})
