import { expect, test } from 'bun:test'
import { rowFocus } from '../../../src/client/timeline/rows/rowFocus.ts'
import { h } from '../../../src/client/ui/dom.ts'
import { useDom } from '../../support/client/useDom.ts'

useDom('http://localhost/chat/lobby')

test.each([
  ['is deleted moves to the next row', 'b', false, 'c', 0],
  ['is deleted and was the last moves to the row before', 'c', false, 'b', 0],
  ['is trimmed leaves the list', 'b', true, null, 1],
] as const)('[A10] the focus of a row that %s', (_, focused, isTrimmed, next, leaves) => {
  const rows = h(
    'div',
    {},
    ...['a', 'b', 'c'].map((id) => h('article', { class: 'message', id, tabindex: -1 })),
  )
  const log = h('div', {}, rows)
  document.body.replaceChildren(log)
  let left = 0
  const on = { end: () => {}, near: () => null, leave: () => (left += 1), openActions: () => false }
  const row = document.getElementById(focused)
  row?.focus()
  const moveOn = rowFocus(log, rows, on)()
  row?.remove()
  moveOn(() => isTrimmed)
  expect(left).toBe(leaves)
  if (next !== null) expect(document.activeElement?.id).toBe(next)
})

test('[A10] the focus of a link or button that goes away stays at its row', () => {
  const chip = h('button')
  const row = h('article', { class: 'message', id: 'a', tabindex: -1 }, chip)
  const rows = h('div', {}, row)
  const log = h('div', {}, rows)
  document.body.replaceChildren(log)
  chip.focus()
  const on = { end: () => {}, near: () => null, leave: () => {}, openActions: () => false }
  const moveOn = rowFocus(log, rows, on)()
  chip.remove()
  moveOn(() => true)
  expect(document.activeElement).toBe(row)
})
