import { describe, expect, test } from 'bun:test'
import { h, list, safeUrl } from '../../../src/client/ui/dom.ts'
import { useDom } from '../../support/client/useDom.ts'

useDom('http://localhost/chat/lobby')

describe('elements', () => {
  test('[E1] what looks like HTML is text, and nothing can carry code', () => {
    const element = h('p', {}, '<img src=x onerror=alert(1)>')
    expect(element.childElementCount).toBe(0)
    for (const wrong of [{ style: 'color: red' }, { srcdoc: '<p>' }, { onclick: 'alert(1)' }])
      expect(() => h('p', wrong)).toThrow(TypeError)
    expect(['javascript:alert(1)', 'data:text/html,x', '//evil.example', '/\\evil'].map(safeUrl)).toEqual(
      Array(4).fill('#'),
    )
  })

  test('[E2] a list keeps the element of each key, in order, and does not touch what is unchanged', () => {
    const parent = h('ul')
    const updated: string[] = []
    const show = list<{ key: string }>(
      parent,
      ({ key }) => key,
      (item) => ({ element: h('li', {}, item.key), update: ({ key }) => void updated.push(key) }),
    )
    const [a, b, c] = ['a', 'b', 'c'].map((key) => ({ key }))
    if (!a || !b || !c) throw new TypeError('three')
    show([a, b])
    const [first] = parent.children
    show([c, b, a])
    expect(parent.textContent).toBe('cba')
    expect(parent.lastElementChild === first).toBe(true)
    show([{ key: 'c' }, a])
    expect(updated).toEqual(['c'])
    expect(parent.textContent).toBe('ca')
  })
})
