import { beforeAll, describe, expect, test } from 'bun:test'
import { loadMarkdown } from '../../../src/client/timeline/formatText.ts'
import { messageView } from '../../../src/client/timeline/message/message.ts'
import type { MessageItem } from '../../../src/client/timeline/timelineItems.ts'
import { keyOf, rowOf } from '../../../src/client/state/rows.ts'
import type { PendingChange, Row } from '../../../src/client/state/state.ts'
import { ada, bob, NOON, numbers, said } from '../../support/client/aState.ts'
import { useDom } from '../../support/client/useDom.ts'

useDom('http://localhost/chat/lobby')

const plain = (text: string | null | undefined) => (text ?? '').replaceAll(/[\u2068\u2069]/g, '')

beforeAll(loadMarkdown)

function aMessage(more: Partial<Row> = {}, quote?: Row | null) {
  const pressed: string[] = []
  const on = {
    react: (id: string, emoji: string, isOn: boolean) => pressed.push(`react ${id} ${emoji} ${isOn}`),
    jump: (seq: number) => pressed.push(`jump ${seq}`),
    retry: (key: string) => pressed.push(`retry ${key}`),
    drop: (key: string) => pressed.push(`drop ${key}`),
    mentionsMe: (text: string) => text.includes('@Ada'),
    edit: () => {},
  }
  const row = { ...rowOf(said(1), ada.id), ...more }
  const item = (of: Row): MessageItem => ({
    kind: 'message',
    key: of.key,
    row: of,
    first: true,
    ...(quote !== undefined && { quote }),
  })
  const view = messageView(item(row), NOON, on, 'system')
  document.body.replaceChildren(view.element)
  return {
    view,
    row,
    item,
    pressed,
    element: view.element,
    find: (what: string) => view.element.querySelector<HTMLElement>(what),
  }
}

const reaction = (emoji: string, count: number, mine = false) => ({
  emoji,
  count,
  mine,
  users: mine ? [ada] : [bob],
})

describe('what stands around a message', () => {
  test('[A1] a row is called by its words, without the marks of their format', () => {
    const text = '**one**\n\n```\ntwo\n```'
    const { element, view, row, item } = aMessage({ text })
    const label = () => element.getAttribute('aria-label')?.split(': ')[1]
    expect(label()?.split(/\s+/)).toEqual(['one', 'two'])
    view.update(item({ ...row, text: 'three' }))
    expect(label()).toBe('three')
    view.update(item({ ...row, text: null }))
    expect(label()).toBe('message deleted')
  })

  test('[U25] a chip shows emoji and count, says who, and is pressed where I am among them', () => {
    const { element, pressed } = aMessage({ reactions: [reaction('👍', 2), reaction('🎉', 1, true)] })
    const chips = [...element.querySelectorAll<HTMLElement>('.chip')]
    expect(
      chips.map((chip) => [
        chip.textContent,
        chip.getAttribute('aria-pressed'),
        plain(chip.getAttribute('aria-label')),
      ]),
    ).toEqual([
      ['👍2', 'false', '👍 2: Bob and 1 other'],
      ['🎉1', 'true', '🎉 1: Ada'],
    ])
    for (const chip of chips) chip.click()
    expect(pressed).toEqual(['react id-1 👍 true', 'react id-1 🎉 false'])
  })

  test('[U25, U18] a chip whose count changes stays the same element, and the text is not touched', () => {
    const { view, row, item, find } = aMessage({ reactions: [reaction('👍', 1)] })
    const [chip, text] = [find('.chip'), find('.text')?.firstChild]
    view.update(item({ ...row, reactions: [reaction('👍', 2, true)] }))
    expect([find('.chip') === chip, find('.text')?.firstChild === text, chip?.textContent]).toEqual([
      true,
      true,
      '👍2',
    ])
    view.update(item({ ...row, reactions: [] }))
    expect(find('.reactions')).toBe(null)
  })

  test('[U25] at most 20 kinds are drawn, the rest is counted', () => {
    const { element, find } = aMessage({
      reactions: numbers(1, 23).map((at) => reaction(String.fromCodePoint(0x1f400 + at), 1)),
    })
    expect(element.querySelectorAll('.chip')).toHaveLength(20)
    expect(find('.reactions')?.textContent).toEndWith('+3')
  })

  test('[U24] an edited message says so, with the time as title; a deleted one is only that', () => {
    const { view, row, item, find } = aMessage({ reactions: [reaction('👍', 1)] })
    view.update(item({ ...row, text: 'new', edited: NOON }))
    expect(find('.text')?.textContent).toBe('new edited')
    expect(find('.edited')?.title).toContain('2026')
    view.update(item({ ...row, text: null, edited: null, reactions: [] }))
    expect(find('.text')?.textContent).toBe('Message deleted')
    expect([find('.reactions'), find('.quote')]).toEqual([null, null])
  })

  test('[U23] an answer shows one line of what it answers and jumps there; a deleted original is said', () => {
    const answered = rowOf(said(7, { text: 'first line\nsecond' }), ada.id)
    const there = aMessage({ replyTo: 'id-7' }, answered)
    expect(there.find('.quote')?.textContent).toBe('Reply to Bob first line')
    there.find('.quote')?.click()
    expect(there.pressed).toEqual(['jump 7'])
    const gone = aMessage({ replyTo: 'id-7' }, { ...answered, text: null })
    expect(gone.find('.quote')?.textContent).toBe('Reply to a deleted message')
    expect(gone.find('.quote')?.hasAttribute('disabled')).toBe(true)
    expect(aMessage({ replyTo: 'id-7' }, null).find('.quote')?.textContent).toBe('Reply to Loading…')
  })

  test('[U22] up to three emoji alone are large; digits, words and four of them are not', () => {
    const large = ['👨‍👩‍👧‍👦', '🇮🇸', '🎉🎉 🎉', '❤️', '12', '#', '🎉 yes', '🎉🎉🎉🎉'].map((text) =>
      aMessage({ text }).find('.text')?.classList.contains('lone'),
    )
    expect(large).toEqual([true, true, true, true, false, false, false, false])
  })

  test('[U73] what names me is marked, unless I wrote it', () => {
    expect(aMessage({ text: 'hello @Ada' }).element.hasAttribute('data-mention')).toBe(true)
    expect(aMessage({ text: 'hello Ada' }).element.hasAttribute('data-mention')).toBe(false)
    expect(aMessage({ text: 'me, @Ada', own: true }).element.hasAttribute('data-mention')).toBe(false)
  })

  test('[E10] a change of mine that was refused is said at its message in words, to be tried again or let go', () => {
    const entry = {
      kind: 'edit',
      target: 'id-1',
      text: 'x',
      nonce: 'n-1',
      room: 'lobby',
      user: ada.id,
      at: NOON,
      order: 1,
    } as const
    const key = keyOf(ada.id, 'n-1')
    const change: PendingChange = {
      key,
      entry,
      sendStatus: { status: 'failed', reason: 'gone' },
      seq: null,
      user: ada,
    }
    const { element, find, pressed } = aMessage({ pendingChanges: [change] })
    expect(find('.note')?.textContent).toStartWith('Couldn’t save your edit. The message was deleted.')
    for (const button of element.querySelectorAll<HTMLElement>('.note button')) button.click()
    expect(pressed).toEqual([`retry ${key}`, `drop ${key}`])
  })
})
