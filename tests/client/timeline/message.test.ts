import { afterEach, beforeAll, beforeEach, describe, expect, jest, test } from 'bun:test'
import { loadMarkdown } from '../../../src/client/timeline/formatText.ts'
import { messageView } from '../../../src/client/timeline/message/message.ts'
import { rowOf } from '../../../src/client/state/rows.ts'
import type { PendingChange, Row, SendStatus } from '../../../src/client/state/state.ts'
import { aRow, anItem, plain, press } from '../../support/client/aRow.ts'
import { ada, bob, NOON, numbers, said } from '../../support/client/aState.ts'
import { useDom } from '../../support/client/useDom.ts'

useDom('http://localhost/chat/lobby')

beforeAll(loadMarkdown)
beforeEach(() => void jest.useFakeTimers({ now: NOON }))
afterEach(() => void jest.useRealTimers())

/** Whether the page says that the connection is lost. */
const page = { isCutOff: false }

/** A message in the page; `events` are the buttons pressed in it. */
function aMessage(row: Row, quote?: Row | null, names: string[] = []) {
  const events: string[] = []
  const withQuote = quote === undefined ? {} : { quote }
  const view = messageView(
    { ...anItem(row), ...withQuote, names },
    {
      react: (id, emoji, isOn) => events.push(`react ${id} ${emoji} ${isOn}`),
      jump: (seq) => events.push(`jump ${seq}`),
      showPerson: ({ name }) => events.push(`person ${name}`),
      retry: (key) => events.push(`retry ${key}`),
      drop: (key) => events.push(`drop ${key}`),
      edit: (key, text) => events.push(`edit ${key} ${text}`),
      me: () => ada.id,
      clock: () => 'system',
      isCutOff: () => page.isCutOff,
    },
  )
  const { element } = view
  document.body.replaceChildren(element)
  const find = (selector: string) => element.querySelector<HTMLElement>(selector)
  return {
    element,
    events,
    find,
    textOf: (selector: string) => find(selector)?.textContent,
    label: () => plain(element.getAttribute('aria-label')),
    update: (more: Partial<Row>, first = true) =>
      view.update({ ...anItem({ ...row, ...more }, first), names }),
    pressAll(selector: string) {
      for (const button of element.querySelectorAll<HTMLElement>(selector)) button.click()
    },
  }
}

const ofAda = (sendStatus: SendStatus) => aRow(1, { user: ada, own: true, seq: null, sendStatus, at: NOON })
const acked = { sendStatus: { status: 'acked' }, seq: 1, id: 'i1' } as const
const reaction = (emoji: string, count: number, mine = false) => {
  return { emoji, count, mine, users: [mine ? ada : bob] }
}

describe('a message', () => {
  test('[U212] leads from its name and its avatar to the person', () => {
    const { events, pressAll } = aMessage(aRow(0))
    pressAll('.author, .avatar')
    expect(events).toEqual(['person Bob', 'person Bob'])
  })

  test('[U163] `/me waves` says who waves, in a group too, and follows a new name', () => {
    const { textOf, label, update } = aMessage(aRow(1, { text: '/me *waves*' }))
    expect([textOf('.text'), label()]).toEqual(['Bob waves', expect.stringContaining(': Bob waves')])
    update({ user: { ...bob, name: 'Rob' } }, false)
    expect([textOf('.text'), label()]).toEqual(['Rob waves', expect.stringContaining(': Rob waves')])
    update({ text: '//me waves' })
    expect(textOf('.text')).toBe('/me waves')
  })

  test('[U163] the line of a reply to `/me waves` says so after the name', () => {
    const { textOf } = aMessage(aRow(2, { replyTo: 'i1' }), aRow(1, { text: '/me waves' }))
    expect(textOf('.quote')).toBe('Reply to Bob waves')
  })

  test('[U12, A1] shows its time, with the full date as title, and is labelled with author, time and text', () => {
    const { element, label } = aMessage(aRow(0))
    const time = element.querySelector('time')
    expect(time?.dateTime).toBe(new Date(NOON).toISOString())
    expect(time?.title).toContain('2026')
    expect([element.tagName, label()]).toEqual(['ARTICLE', `Bob, ${time?.textContent}: text 0`])
  })

  test('[A1] is labelled without Markdown’s marks and the labels of buttons', () => {
    const { label, update } = aMessage(aRow(1, { text: '**one**\n\n```\ntwo\n```' }))
    const words = () => label().split(': ')[1]?.split(/\s+/)
    expect(words()).toEqual(['one', 'two'])
    update({ text: null })
    expect(words()).toEqual(['message', 'deleted'])
  })

  test('[U19] has its own text direction, keeps line breaks and isolates the name', () => {
    const { find, textOf } = aMessage(aRow(1, { text: 'שלום\n<b>', user: { id: 'x', name: 'שרה' } }))
    expect(find('.text')?.getAttribute('dir')).toBe('auto')
    expect([textOf('.text'), textOf('bdi')]).toEqual(['שלום\n<b>', 'שרה'])
  })

  test('[U45] looks unconfirmed only after 400 ms, and never again after its ack', () => {
    const { element, find, label, update } = aMessage(ofAda({ status: 'sent' }))
    const text = find('.text')
    jest.advanceTimersByTime(399)
    expect(element.dataset['stage']).toBe('fresh')
    jest.advanceTimersByTime(1)
    expect(element.dataset['stage']).toBe('sending')
    expect(label()).toContain('sending')
    update(acked)
    jest.advanceTimersByTime(60_000)
    expect([element.dataset['stage'], find('.text') === text]).toEqual(['', true])
  })

  test('[U46] can be cancelled after 10 s without an ack', () => {
    const { textOf, events, pressAll } = aMessage(ofAda({ status: 'queued' }))
    jest.advanceTimersByTime(10_000)
    expect(textOf('.note')).toStartWith('Waiting to send')
    pressAll('.note button')
    expect(events).toEqual(['drop b1 n1'])
  })

  test('[U46] can be cancelled as soon as the connection is known to be lost', () => {
    const { element, textOf, update } = aMessage(ofAda({ status: 'queued' }))
    jest.advanceTimersByTime(2_000)
    expect(element.dataset['stage']).toBe('sending')
    page.isCutOff = true
    jest.advanceTimersByTime(500)
    expect(textOf('.note')).toStartWith('Waiting to send')
    const later = aMessage(ofAda({ status: 'queued' }))
    jest.advanceTimersByTime(400)
    expect(later.textOf('.note')).toStartWith('Waiting to send')
    page.isCutOff = false
    update({ sendStatus: { status: 'sent' } })
    expect([element.dataset['stage'], textOf('.note')]).toEqual(['sending', undefined])
  })

  test('[U46] that failed says why and offers Retry, Edit and Delete; an ack after all removes that', () => {
    const { find, textOf, events, pressAll, update } = aMessage(ofAda({ status: 'failed', reason: 'late' }))
    expect(textOf('.note')).toBe('Not sent. Couldn’t deliver in time.RetryEditDelete')
    pressAll('.note button')
    expect(events).toEqual(['retry b1 n1', 'edit b1 n1 text 1', 'drop b1 n1'])
    update(acked)
    expect(find('.note')).toBe(null)
  })

  test('[U18] keeps the element of its text when its header comes and goes', () => {
    const { element, find, textOf, update } = aMessage(aRow(1))
    const text = find('.text')
    update({}, false)
    expect(find('.avatar, .name')).toBe(null)
    update({}, true)
    expect([textOf('.name'), find('.text') === text]).toEqual(['Bob', true])
    expect(element.querySelectorAll('time')).toHaveLength(1)
  })

  test('[U24] that was edited says so and when; a deleted one shows only that', () => {
    const row = aRow(1, { reactions: [reaction('👍', 1)], replyTo: 'id-7' })
    const { find, textOf, update } = aMessage(row, null)
    update({ text: 'new', edited: NOON })
    expect([textOf('.text'), find('.text time')?.title]).toEqual([
      'new edited',
      expect.stringContaining('2026'),
    ])
    update({ text: null, edited: null, reactions: [] })
    expect([textOf('.text'), find('[role=group], .quote')]).toEqual(['Message deleted', null])
  })

  test.each([
    [said(7, { text: 'first line\nsecond' }), 'Reply to Bob first line', ['jump 7']],
    [{ ...said(7), text: null }, 'Reply to a deleted message', []],
    [null, 'Reply to Loading…', []],
  ])('[U23] that replies to %j quotes it as %j', (answered, quote, jumps) => {
    const row = aRow(1, { replyTo: 'id-7' })
    const { textOf, events, pressAll } = aMessage(row, answered && rowOf(answered as never, ada.id))
    expect(textOf('.quote')).toBe(quote)
    pressAll('.quote')
    expect(events).toEqual(jumps)
  })

  test('[U22] of one to three emoji is drawn large', () => {
    const texts = ['👨‍👩‍👧‍👦', '🇮🇸', '🎉🎉 🎉', '❤️', '12', '🎉 yes', '🎉🎉🎉🎉']
    const large = texts.filter((text) => aMessage(aRow(1, { text })).find('.text.large-emoji'))
    expect(large).toEqual(texts.slice(0, 4))
  })

  test('[U73] that mentions me is marked, unless I wrote it', () => {
    const isMarked = (more: Partial<Row>) => aMessage(aRow(1, more)).element.hasAttribute('data-mention')
    expect(isMarked({ text: 'hello @Ada' })).toBe(true)
    expect(isMarked({ text: 'hello Ada' })).toBe(false)
    expect(isMarked({ text: 'me, @Ada', own: true })).toBe(false)
  })

  test('[U170, U172] shows whom it mentions under the name of today, as a button that opens their card', () => {
    const mentions = [ada, bob].map(({ id }, n) => ({ user: id, at: 8 * n, length: 4 }))
    const row = aRow(1, { text: '@ada or @Bob', mentions })
    const names = ['Ada', 'Robert']
    const { element, events, find, update } = aMessage(row, undefined, names)
    const pills = [...element.querySelectorAll('.mention')]
    expect(pills.map(({ textContent, role }) => [textContent, role])).toEqual([
      ['@ada', 'button'],
      ['@Robert', 'button'],
    ])
    expect(find('.text')?.textContent).toBe('@ada or @Robert')
    expect(element.querySelectorAll('.mention[data-me]')).toHaveLength(1)
    for (const pill of pills as HTMLElement[]) pill.click()
    press(pills[1]!, 'Enter')
    press(pills[1]!, 'x')
    expect(events).toEqual(['person ada', 'person Robert', 'person Robert'])
    update({ reactions: [reaction('👍', 1)] })
    expect(find('.mention')).toBe(pills[0] as HTMLElement)
  })

  test('[E10] shows a change of mine that the server refused, to be retried or dismissed', () => {
    const about = { target: 'id-1', text: 'x', nonce: 'n-1', room: 'lobby', user: ada.id, at: NOON, order: 1 }
    const entry = { kind: 'edit', ...about } as const
    const sendStatus = { status: 'failed', reason: 'gone' } as const
    const change: PendingChange = { key: 'c1', entry, sendStatus, seq: null, user: ada }
    const { textOf, events, pressAll } = aMessage(aRow(1, { pendingChanges: [change] }))
    expect(textOf('.note')).toStartWith('Couldn’t save your edit. The message was deleted.')
    pressAll('.note button')
    expect(events).toEqual(['retry c1', 'drop c1'])
  })
})

describe('the reactions of a message', () => {
  test('[U25] are chips with a count, labelled with names and pressed where I reacted', () => {
    const reactions = [reaction('👍', 2), reaction('🎉', 1, true)]
    const { element, events, pressAll } = aMessage(aRow(1, { reactions }))
    const chips = [...element.querySelectorAll('.chip')].map((chip) => [
      chip.textContent,
      chip.getAttribute('aria-pressed'),
      plain(chip.getAttribute('aria-label')),
    ])
    expect(chips).toEqual([
      ['👍2', 'false', '👍 2: Bob and 1 other'],
      ['🎉1', 'true', '🎉 1: Ada'],
    ])
    pressAll('.chip')
    expect(events).toEqual(['react i1 👍 true', 'react i1 🎉 false'])
  })

  test('[U25, U18] keep their chip and the text when a count changes', () => {
    const { find, textOf, update } = aMessage(aRow(1, { reactions: [reaction('👍', 1)] }))
    const parts = () => [find('.chip'), find('.text')?.firstChild]
    const before = parts()
    update({ reactions: [reaction('👍', 2, true)] })
    expect(parts().every((part, at) => part === before[at])).toBe(true)
    expect(textOf('.chip')).toBe('👍2')
    update({ reactions: [] })
    expect(find('[role=group]')).toBe(null)
  })

  test('[U25] are at most 20 chips; further emoji are counted', () => {
    const reactions = numbers(1, 23).map((at) => reaction(String.fromCodePoint(0x1f400 + at), 1))
    const { element, textOf } = aMessage(aRow(1, { reactions }))
    expect(element.querySelectorAll('.chip')).toHaveLength(20)
    expect(textOf('[role=group]')).toEndWith('+3')
  })
})
