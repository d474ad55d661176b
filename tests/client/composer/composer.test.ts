import { describe, expect, test } from 'bun:test'
import { composer, typingText, type EmphasisMark } from '../../../src/client/composer/composer.ts'
import { LIMITS } from '../../../src/shared/limits.ts'
import { onPlatform, plain, press } from '../../support/client/aRow.ts'
import { useDom } from '../../support/client/useDom.ts'

useDom('http://localhost/chat/lobby')

/** A composer in the page. @param answer what `send` returns */
function aComposer(answer: true | string = true) {
  const sent: string[] = []
  const typing: boolean[] = []
  const pages: number[] = []
  const marks: EmphasisMark[] = []
  const view = composer(
    {
      send(text) {
        sent.push(text)
        return answer
      },
      changed() {},
      typing: (isTyping) => typing.push(isTyping),
      page: (direction) => pages.push(direction),
      emphasise: (mark) => marks.push(mark),
    },
    { get: () => ({ recent: [], tone: 0 }), set() {} },
    new AbortController().signal,
  )
  const { element, field, counter, fault } = view
  document.body.replaceChildren(element, counter, fault)
  function type(text: string): void {
    field.value = text
    field.dispatchEvent(new Event('input', { bubbles: true }))
  }
  return { ...view, sent, typing, pages, marks, type }
}

describe('the composer', () => {
  test.each([
    [true, {}, 1],
    [true, { shiftKey: true }, 0],
    [true, { ctrlKey: true }, 1],
    [false, {}, 0],
    [false, { shiftKey: true }, 0],
    [false, { metaKey: true }, 1],
  ])('[U30, E30] if Enter is to send: %p, sends for Enter with %p %d times', (enterSends, keys, times) => {
    const { field, sent, type, setEnterSends } = aComposer()
    setEnterSends(enterSends)
    type('hello')
    press(field, 'Enter', keys)
    expect(sent).toHaveLength(times)
    expect(field.getAttribute('enterkeyhint')).toBe(enterSends ? 'send' : 'enter')
  })

  test('[U31] does not send for an Enter that belongs to an input method', () => {
    const { field, sent, type } = aComposer()
    type('にほん')
    press(field, 'Enter', { isComposing: true })
    press(field, 'Enter', { keyCode: 229 })
    expect(sent).toEqual([])
  })

  test('[U33, U40] sends once for two quick Enters, and stops typing', () => {
    const { field, sent, type, typing } = aComposer()
    type('/nick')
    type('hello')
    press(field, 'Enter')
    press(field, 'Enter')
    expect([sent, field.value, typing]).toEqual([['hello'], '', [false, true, false]])
  })

  test('[U47] keeps a text that cannot be sent, and says why', () => {
    const { field, type, fault } = aComposer('200 messages are waiting already.')
    type('the 201st')
    press(field, 'Enter')
    expect([field.value, fault.textContent]).toEqual(['the 201st', '200 messages are waiting already.'])
  })

  test('[U35] counts from 90 % of the limit on, and neither sends nor cuts a text beyond it', () => {
    const { field, sent, type, counter, fault } = aComposer()
    const countAt = (length: number) => {
      type('x'.repeat(length))
      return counter.textContent
    }
    expect([3_599, 3_600, LIMITS.text + 46_000].map(countAt)).toEqual(['', '400', '−46000'])
    press(field, 'Enter')
    expect(fault.textContent).toContain('46,000 characters over the limit')
    expect([sent.length, field.value.length]).toEqual([0, 50_000])
  })

  test('[U35] does not send a blank text, and cleans control characters and lone surrogates', () => {
    const { field, sent, type } = aComposer()
    type(' \n\t ')
    press(field, 'Enter')
    type('a\u0007b\ud800')
    press(field, 'Enter')
    expect(sent).toEqual(['ab\ufffd'])
  })

  test('[U35] shows Send as ready only for a text that can be sent, and says why when it is pressed all the same', () => {
    const { element, type, fault } = aComposer()
    const send = element.querySelector<HTMLElement>('.send')!
    const isReadyFor = (text: string) => {
      type(text)
      return send.hasAttribute('data-armed')
    }
    expect(['', ' \n', 'a', 'x'.repeat(LIMITS.text + 1)].map(isReadyFor)).toEqual([false, false, true, false])
    element.dispatchEvent(new Event('submit', { cancelable: true }))
    expect(fault.textContent).toContain('1 character over the limit')
  })

  test.each([
    ['Win32', 'ctrlKey', 'b', true],
    ['Win32', 'metaKey', 'b', false],
    ['Linux x86_64', 'ctrlKey', 'i', true],
    ['MacIntel', 'metaKey', 'i', true],
    ...['a', 'b', 'd', 'e', 'f', 'h', 'k', 'n', 'p', 't'].map(
      (key) => ['MacIntel', 'ctrlKey', key, false] as const,
    ),
  ] as const)('[U236, U240] on %s with %s %s sets a mark: %p', (platform, modifier, key, isTaken) => {
    const restore = onPlatform(platform)
    const { field, marks } = aComposer()
    expect(press(field, key, { [modifier]: true })).toBe(isTaken)
    expect(marks).toEqual(isTaken ? [key === 'b' ? '**' : '_'] : [])
    restore()
  })

  test('[A7] leaves PageUp and PageDown to the list while it is empty', () => {
    const { field, pages, type } = aComposer()
    press(field, 'PageUp')
    press(field, 'PageDown')
    type('text')
    expect(press(field, 'PageUp')).toBe(false)
    expect(pages).toEqual([-1, 1])
  })

  test('[T13] keeps the focus when Send is tapped, so that a phone’s keyboard stays open', () => {
    const { element } = aComposer()
    const event = new Event('pointerdown', { bubbles: true, cancelable: true })
    element.querySelector('.send')?.dispatchEvent(event)
    expect(event.defaultPrevented).toBe(true)
  })
})

test.each([
  [[], ''],
  [['Ann'], 'Ann is typing'],
  [['Ann', 'Bo'], 'Ann and Bo are typing'],
  [['Ann', 'Bo', 'Cy'], 'Ann, Bo and Cy are typing'],
  [['Ann', 'Bo', 'Cy', 'Di'], 'Several people are typing'],
])('[U40] with %j typing it says %j', (names, text) => {
  expect(plain(typingText(names.map((name) => ({ user: { id: name, name }, until: 0 }))))).toBe(text)
})
