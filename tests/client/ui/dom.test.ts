import { describe, expect, test } from 'bun:test'
import { h, list, safeUrl } from '../../../src/client/ui/dom.ts'
import { useDom } from '../../support/client/useDom.ts'

useDom('http://localhost/chat/lobby')

describe('elements', () => {
  test('[E1] text is never parsed as HTML, and no attribute can carry code', () => {
    const element = h('p', {}, '<img src=x onerror=alert(1)>')
    expect(element.childElementCount).toBe(0)
    for (const attributes of [{ style: 'color: red' }, { srcdoc: '<p>' }, { onclick: 'alert(1)' }])
      expect(() => h('p', attributes)).toThrow(TypeError)
    expect(['javascript:alert(1)', 'data:text/html,x', '//evil.example', '/\\evil'].map(safeUrl)).toEqual(
      Array(4).fill('#'),
    )
  })

  test('[E2] a list keeps the element of each key, in order, and does not update unchanged items', () => {
    const parent = h('ul')
    const updated: string[] = []
    const show = list<{ key: string }>(
      parent,
      ({ key }) => key,
      (item) => ({ element: h('li', {}, item.key), update: ({ key }) => void updated.push(key) }),
    )
    const [a, b, c] = [{ key: 'a' }, { key: 'b' }, { key: 'c' }]
    show([a, b])
    const [first] = parent.children
    show([c, b, a])
    expect(parent.textContent).toBe('cba')
    expect(parent.lastElementChild === first).toBe(true)
    show([{ key: 'c' }, a])
    expect(updated).toEqual(['c'])
    expect(parent.textContent).toBe('ca')
  })

  test('[E2, U360] a list in a new order leaves the focus where it is', () => {
    const parent = h('ul')
    document.body.append(parent)
    const show = list<string>(
      parent,
      (key) => key,
      (key) => ({ element: h('li', {}, h('button', { id: key }, key)), update() {} }),
    )
    show([...'abcd'])
    document.getElementById('c')?.focus()
    let lost = 0
    parent.addEventListener('focusout', () => (lost += 1))
    for (const order of ['cabd', 'dabc', 'acd', 'ecba', 'abecd', 'dceba']) {
      show([...order])
      expect([parent.textContent, document.activeElement?.id, lost]).toEqual([order, 'c', 0])
    }
    parent.remove()
  })
})
