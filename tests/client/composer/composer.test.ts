import { describe, expect, test } from 'bun:test'
import { type ComposerEvents, composer } from '../../../src/client/composer/composer.ts'
import { LIMITS } from '../../../src/shared/limits.ts'
import { press } from '../../support/client/aRow.ts'
import { useDom } from '../../support/client/useDom.ts'

useDom('http://localhost/chat/lobby')

describe('writing', () => {
  function aComposer({ coarse = false, takes = true as true | string } = {}) {
    const heard = {
      sent: [] as string[],
      typing: [] as boolean[],
      changed: [] as string[],
      pages: [] as number[],
    }
    const on: ComposerEvents = {
      send: (text) => {
        heard.sent.push(text)
        return takes
      },
      changed: (text) => heard.changed.push(text),
      typing: (is) => heard.typing.push(is),
      page: (direction) => heard.pages.push(direction),
    }
    const made = composer({ room: 'lobby', coarse }, on)
    document.body.replaceChildren(made.element, made.counter, made.fault)
    const type = (text: string) => {
      made.field.value = text
      made.field.dispatchEvent(new Event('input', { bubbles: true }))
    }
    return { made, heard, type, field: made.field }
  }

  test.each([
    [false, {}, 1],
    [false, { shiftKey: true }, 0],
    [false, { ctrlKey: true }, 1],
    [true, {}, 0],
    [true, { shiftKey: true }, 0],
    [true, { metaKey: true }, 1],
  ])('[U30] with a finger: %p, Enter with %p sends %d times', (coarse, keys, times) => {
    const { field, heard, type } = aComposer({ coarse })
    type('hello')
    press(field, 'Enter', keys)
    expect(heard.sent).toHaveLength(times)
    expect(field.getAttribute('enterkeyhint')).toBe(coarse ? 'enter' : 'send')
  })

  test('[U30, E30] a setting decides instead, from then on', () => {
    const { made, field, heard, type } = aComposer()
    made.enter(false)
    type('one')
    press(field, 'Enter')
    expect([heard.sent, field.getAttribute('enterkeyhint')]).toEqual([[], 'enter'])
    press(field, 'Enter', { ctrlKey: true })
    expect(heard.sent).toEqual(['one'])
    made.enter(true)
    type('two')
    press(field, 'Enter')
    expect(heard.sent).toEqual(['one', 'two'])
  })

  test('[U31] an Enter that belongs to an input method is never a send', () => {
    const { field, heard, type } = aComposer()
    type('にほん')
    press(field, 'Enter', { isComposing: true })
    press(field, 'Enter', { keyCode: 229 })
    expect(heard.sent).toEqual([])
  })

  test('[U33] two quick Enters are one message: the field is empty after the first', () => {
    const { field, heard, type } = aComposer()
    type('hello')
    press(field, 'Enter')
    press(field, 'Enter')
    expect(heard.sent).toEqual(['hello'])
    expect(field.value).toBe('')
  })

  test('[U47] a message that is not taken stays where it was, and it is said why', () => {
    const { field, type, made } = aComposer({ takes: '200 messages are waiting already.' })
    type('the 201st')
    press(field, 'Enter')
    expect(field.value).toBe('the 201st')
    expect(made.fault.textContent).toContain('200 messages')
  })

  test('[U35] from 90 % on a counter; beyond the limit it is negative, nothing is sent and nothing cut', () => {
    const { field, heard, type, made } = aComposer()
    type('x'.repeat(3_599))
    expect(made.counter.textContent).toBe('')
    type('x'.repeat(3_600))
    expect(made.counter.textContent).toBe('400')
    type('x'.repeat(LIMITS.text + 46_000))
    press(field, 'Enter')
    expect(made.counter.textContent).toBe('-46000')
    expect(made.fault.textContent).toContain('46000 characters over the limit')
    expect([heard.sent.length, field.value.length]).toEqual([0, 50_000])
  })

  test('[U35] blank text is not sent; control characters are dropped and lone surrogates replaced', () => {
    const { field, heard, type } = aComposer()
    type(' \n\t ')
    press(field, 'Enter')
    type('a\u0007b\ud800')
    press(field, 'Enter')
    expect(heard.sent).toEqual(['ab\ufffd'])
  })

  test('[U40] a command is not typing, and sending ends it', () => {
    const { field, heard, type } = aComposer()
    type('/nick')
    type('hello')
    press(field, 'Enter')
    expect(heard.typing).toEqual([false, true, false])
  })

  test('[A7] PageUp and PageDown in the empty field scroll the list; in a text they are the field’s', () => {
    const { field, heard, type } = aComposer()
    press(field, 'PageUp')
    press(field, 'PageDown')
    type('text')
    expect(press(field, 'PageUp')).toBe(false)
    expect(heard.pages).toEqual([-1, 1])
  })

  test('[T13] a press on Send leaves the focus in the field', () => {
    const { made } = aComposer()
    const event = new Event('pointerdown', { bubbles: true, cancelable: true })
    made.element.querySelector('.send')?.dispatchEvent(event)
    expect(event.defaultPrevented).toBe(true)
  })
})
