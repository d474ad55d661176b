import { afterEach, beforeEach, describe, expect, jest, setSystemTime, test } from 'bun:test'
import { announcer } from '../../../src/client/ui/liveRegions.ts'
import { composer, type ComposerEvents } from '../../../src/client/composer/composer.ts'
import { reasonText } from '../../../src/client/timeline/failureText.ts'
import { messageView, type MessageItem } from '../../../src/client/timeline/message.ts'
import { nameForm, type NameOutcome } from '../../../src/client/session/nameForm.ts'
import { people } from '../../../src/client/people/peopleList.ts'
import { pill } from '../../../src/client/timeline/jumpToNewest.ts'
import { rowFocus } from '../../../src/client/timeline/rowFocus.ts'
import { around, AT_THE_END, cut, extend, MOST_ROWS } from '../../../src/client/timeline/rowWindow.ts'
import { runText, timelineRow } from '../../../src/client/timeline/timelineRow.ts'
import { h, list, safeUrl } from '../../../src/client/ui/dom.ts'
import { keyboardSpace } from '../../../src/client/ui/keyboardSpace.ts'
import type { TimelineItem } from '../../../src/client/timeline/timelineItems.ts'
import type { Row, Standing } from '../../../src/client/state/state.ts'
import { LIMITS } from '../../../src/shared/limits.ts'
import { ada, bob, eve, NOON, numbers, person } from '../../support/client/aState.ts'
import { useDom } from '../../support/client/useDom.ts'

useDom('http://localhost/chat/lobby')

/** Without the marks that keep a name's direction its own. */
const plain = (text: string | null | undefined) => (text ?? '').replaceAll(/[\u2068\u2069]/g, '')

function aRow(seq: number, more: Partial<Row> = {}): Row {
  const standing: Standing = { status: 'acked' }
  const usual = {
    key: `b1 n${seq}`,
    seq,
    id: `i${seq}`,
    user: bob,
    nonce: `n${seq}`,
    at: NOON + seq * 60_000,
    kind: 'message' as const,
    edited: null,
    pinned: false,
    reactions: [],
    asOf: seq,
  }
  return { ...usual, text: `text ${seq}`, own: false, standing, ...more }
}

function anItem(row: Row, first = true): MessageItem {
  return { kind: 'message', key: row.key, row, first }
}

function press(element: Element, key: string, more: object = {}): boolean {
  const event = new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...more })
  element.dispatchEvent(event)
  return event.defaultPrevented
}

async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await Promise.resolve()
}

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

describe('asking for a name', () => {
  function aForm(answer: NameOutcome) {
    const asked: string[] = []
    let done = 0
    const form = nameForm(
      { label: 'Your name', button: 'Join lobby', first: 'Ada' },
      {
        take(name) {
          asked.push(name)
          return Promise.resolve(answer)
        },
        done: () => (done += 1),
      },
    )
    document.body.replaceChildren(form.element)
    const submit = async (name: string) => {
      form.field.value = name
      form.element.dispatchEvent(new Event('submit', { cancelable: true }))
      await settled()
    }
    const fault = () => plain(form.element.querySelector('.fault')?.textContent)
    return { form, asked, submit, fault, done: () => done }
  }

  test('[U2] the name last used is in the field, which a phone knows as a nickname to go with', () => {
    const { form } = aForm({ result: 'ok' })
    expect(form.field.value).toBe('Ada')
    expect(form.field.getAttribute('autocomplete')).toBe('nickname')
    expect(form.field.getAttribute('enterkeyhint')).toBe('go')
  })

  test.each(['', '   ', 'a'.repeat(25), 'a\u202eb', '\u200b'])(
    '[U3] %j is refused in words without asking the server',
    async (name) => {
      const { submit, fault, asked, form } = aForm({ result: 'ok' })
      await submit(name)
      expect(fault()).not.toBe('')
      expect(form.field.value).toBe(name)
      expect(document.activeElement === form.field).toBe(true)
      expect(asked).toEqual([])
    },
  )

  test('[U3] a name that is taken is answered by one that is free, as a button that joins', async () => {
    const { submit, fault, asked, form } = aForm({ result: 'taken', suggestion: 'Ann2' })
    await submit(' Ann ')
    expect(fault()).toBe('Ann is already in use. Use Ann2')
    form.element.querySelector<HTMLElement>('.fault button')?.click()
    await settled()
    expect(asked).toEqual(['Ann', 'Ann2'])
  })

  test('[U3] a name that nobody may have is answered by another one, too', async () => {
    const { submit, fault, asked, form } = aForm({
      result: 'invalid',
      words: 'That name isn’t available.',
      suggestion: 'Visitor',
    })
    await submit('admin')
    expect(fault()).toBe('That name isn’t available. Use Visitor')
    form.element.querySelector<HTMLElement>('.fault button')?.click()
    await settled()
    expect(asked).toEqual(['admin', 'Visitor'])
  })

  test('[U3] what the server says in words stands beside the field, and the typed text stays', async () => {
    const { submit, fault, form, done } = aForm({ result: 'invalid', words: 'That name isn’t available.' })
    await submit('admin')
    expect(fault()).toBe('That name isn’t available.')
    expect(form.field.getAttribute('aria-invalid')).toBe('true')
    expect(form.field.value).toBe('admin')
    expect(done()).toBe(0)
  })
})

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

describe('the keyboard of a phone', () => {
  test('[V11] what it covers is room below the composer, and nothing where it covers nothing or two fingers zoom', () => {
    const view = Object.assign(new window.EventTarget(), { height: 800, offsetTop: 0, scale: 1 })
    const usual = Object.getOwnPropertyDescriptor(window, 'visualViewport')
    Object.defineProperty(window, 'visualViewport', { value: view, configurable: true })
    const end = new AbortController()
    const shell = h('div')
    try {
      keyboardSpace(shell, end.signal)
      const seen = (more: Partial<typeof view>): string => {
        Object.assign(view, more).dispatchEvent(new Event('resize'))
        return shell.style.getPropertyValue('--kb')
      }
      const { innerHeight } = window
      expect(seen({ height: innerHeight })).toBe('0px')
      expect(seen({ height: innerHeight - 300 })).toBe('300px')
      expect(seen({ offsetTop: 100 })).toBe('200px')
      expect(seen({ offsetTop: 400 })).toBe('0px')
      expect(seen({ height: innerHeight / 2, offsetTop: 0, scale: 2 })).toBe('0px')
      expect(shell.style.height).toBe('')
      end.abort()
      expect(seen({ scale: 1 })).toBe('0px')
    } finally {
      if (usual) Object.defineProperty(window, 'visualViewport', usual)
      else Reflect.deleteProperty(window, 'visualViewport')
    }
  })
})

describe('a message', () => {
  beforeEach(() => {
    setSystemTime(NOON)
  })
  afterEach(() => {
    setSystemTime()
  })

  function aMessage(row: Row, first = true) {
    const pressed: string[] = []
    const text = (place: HTMLElement, { text: words }: Row) => (place.textContent = words)
    const view = messageView(anItem(row, first), Date.now(), {
      rich: { text, around: () => {}, words: () => undefined, reason: reasonText },
      retry: (key) => pressed.push(`retry ${key}`),
      drop: (key) => pressed.push(`drop ${key}`),
      edit: (key, text) => pressed.push(`edit ${key} ${text}`),
    })
    const button = (label: string) =>
      [...view.element.querySelectorAll('button')].find(({ textContent }) => textContent === label)
    const label = () => plain(view.element.getAttribute('aria-label'))
    return { view, pressed, button, label, element: view.element }
  }
  const mine = (standing: Standing) => aRow(1, { user: ada, own: true, seq: null, standing, at: NOON })

  test('[U12, A1] a row says who, when and what, with the time for machines and the date in full', () => {
    const { element, label } = aMessage(aRow(0))
    const time = element.querySelector('time')
    expect(time?.getAttribute('datetime')).toBe(new Date(NOON).toISOString())
    expect(time?.title).toContain('2026')
    expect(label()).toBe(`Bob, ${time?.textContent}: text 0`)
    expect(element.tagName).toBe('ARTICLE')
  })

  test('[U19] a text has its own direction and keeps its lines, a name is isolated', () => {
    const { element } = aMessage(aRow(1, { text: 'שלום\n<b>', user: { id: 'x', name: 'שרה' } }))
    expect(element.querySelector('.text')?.getAttribute('dir')).toBe('auto')
    expect(element.querySelector('.text')?.textContent).toBe('שלום\n<b>')
    expect(element.querySelector('bdi')?.textContent).toBe('שרה')
  })

  test('[U45] a message of mine looks unconfirmed only from 400 ms on, and after its ack never again', () => {
    const { view, element, label } = aMessage(mine({ status: 'sent', since: NOON }))
    expect(view.age(NOON + 399)).toBe(NOON + 400)
    expect(element.dataset.stage).toBe('fresh')
    expect(view.age(NOON + 400)).toBe(NOON + 10_000)
    expect(element.dataset.stage).toBe('sending')
    expect(label()).toContain('sending')
    const text = element.querySelector('.text')
    view.update(anItem({ ...mine({ status: 'acked' }), seq: 1, id: 'i1' }))
    expect(view.age(NOON + 60_000)).toBe(null)
    expect(element.dataset.stage).toBe('')
    expect(element.querySelector('.text') === text).toBe(true)
  })

  test('[U46] after 10 s it waits to be sent and can be cancelled', () => {
    const { view, element, button, pressed } = aMessage(mine({ status: 'queued', since: NOON }))
    view.age(NOON + 10_000)
    expect(element.querySelector('.note')?.textContent).toContain('Waiting to send')
    button('Cancel')?.click()
    expect(pressed).toEqual(['drop b1 n1'])
  })

  test('[U46] a failed one says why in words and offers Retry, Edit and Delete; if it turns up after all it is a normal row', () => {
    const { view, element, button, pressed } = aMessage(mine({ status: 'failed', reason: 'late' }))
    expect(element.querySelector('.note')?.textContent).toContain('Not sent. Couldn’t deliver in time.')
    for (const label of ['Retry', 'Edit', 'Delete']) button(label)?.click()
    expect(pressed).toEqual(['retry b1 n1', 'edit b1 n1 text 1', 'drop b1 n1'])
    view.update(anItem({ ...mine({ status: 'acked' }), seq: 1, id: 'i1' }))
    expect(element.querySelector('.note')).toBe(null)
  })

  test('[U46] no failure shows its code', () => {
    const codes = [
      'tooBig',
      'forbidden',
      'noRoom',
      'notMember',
      'readOnly',
      'nonceReused',
      'gone',
      'badFrame',
      'refused',
      'late',
    ] as const
    const words = codes.map(
      (reason) =>
        aMessage(mine({ status: 'failed', reason })).element.querySelector('.note span')?.textContent,
    )
    for (const [at, code] of codes.entries()) {
      expect(words[at]).toMatch(/^Not sent\. .+\.$/)
      if (/[A-Z]/.test(code)) expect(words[at]).not.toContain(code)
    }
  })

  test('[U18] a row that becomes the first of its group, or no longer is, keeps its text', () => {
    const { view, element } = aMessage(aRow(1), false)
    const text = element.querySelector('.text')
    expect(element.querySelector('.name')).toBe(null)
    view.update(anItem(aRow(1), true))
    expect(element.querySelector('.name')?.textContent).toBe('Bob')
    view.update(anItem(aRow(1), false))
    expect(element.querySelector('.avatar')).toBe(null)
    expect(element.querySelector('.text') === text).toBe(true)
    expect(element.querySelectorAll('time')).toHaveLength(1)
  })

  test('[V7] a disc shows one whole character, and the hue comes by the CSSOM', () => {
    for (const [name, shown] of [
      ['漢字', '漢'],
      ['👩‍🚀 Zoë', '👩‍🚀'],
      ['o’Brien', 'O'],
      ['محمد', 'م'],
    ] as const) {
      const disc = aMessage(aRow(1, { user: { id: 'x1', name } })).element.querySelector<HTMLElement>(
        '.avatar',
      )
      expect(disc?.textContent).toBe(shown)
      expect(Number(disc?.style.getPropertyValue('--hue'))).toBeLessThan(360)
    }
  })
})

describe('between messages', () => {
  test('[U64] a run is one line, three names and the rest counted', () => {
    const many = numbers(1, 8).map((at) => ({ id: `p${at}`, name: `P${at}` }))
    expect(plain(runText({ joined: many, left: [eve], renamed: [] }))).toBe(
      'P1, P2 and 6 others came online, Eve went offline',
    )
    expect(plain(runText({ joined: [], left: [], renamed: [{ user: ada, before: 'Ann' }] }))).toBe(
      'Ann is now Ada',
    )
  })

  test('[U11] a day is Today until midnight and Yesterday after it, in the same element', () => {
    let now = new Date(2026, 0, 15, 23, 59).getTime()
    const item: TimelineItem = { kind: 'day', key: 'day 2026-1-15', day: '2026-1-15', at: NOON }
    const view = timelineRow(item as never, () => now)
    expect(view.element.textContent).toBe('Today')
    now += 120_000
    view.update(item)
    expect(view.element.textContent).toBe('Yesterday')
  })

  test('[U14] the pill counts up to 99 and says the exact number', () => {
    const { element, update } = pill({ press: () => {} })
    const shown = [1, 7, 150].map((count) => {
      update(count)
      return [element.textContent, element.getAttribute('aria-label')]
    })
    expect(shown).toEqual([
      ['1 new', 'Jump to 1 new message'],
      ['7 new', 'Jump to 7 new messages'],
      ['99+ new', 'Jump to 150 new messages'],
    ])
    update(null)
    expect(element.hidden).toBe(true)
  })

  test('[U60, U62] people stand under Online and Away, oneself marked, the rest counted', () => {
    const view = people()
    const groups = { here: [person(ada)], away: [person(eve, 'idle')], more: 140 }
    view.update({ groups, me: ada.id })
    const rows = [...view.element.querySelectorAll('li')].map((row) => [
      row.closest('section')?.querySelector('h2')?.textContent,
      ...[...row.children].slice(1).map(({ textContent }) => textContent),
    ])
    expect(rows).toEqual([
      ['Online', 'Ada', 'you'],
      ['Away', 'Eve', ''],
    ])
    expect(view.element.textContent).toContain('and 140 more')
  })
})

describe('the window over the rows', () => {
  const items = (to: number, group = 1): TimelineItem[] =>
    numbers(1, to).map((seq) => anItem(aRow(seq), (seq - 1) % group === 0))
  const seqs = (drawn: readonly TimelineItem[]) =>
    drawn.map((item) => (item.kind === 'message' ? item.row.seq : item.kind))

  test('[U16] on entry the last hundred; more than 400 are never drawn, and what goes is at the far end', () => {
    const entry = cut(items(300), AT_THE_END, 'top')
    expect([seqs(entry.drawn)[0], entry.drawn.length, entry.shown.live]).toEqual([201, 100, true])
    const long = { first: 'b1 n1', last: 'b1 n400', live: true }
    const atEnd = cut(items(401), long, 'top')
    expect([seqs(atEnd.drawn)[0], seqs(atEnd.drawn).at(-1)]).toEqual([102, 401])
    const readingUp = cut(items(401), long, 'bottom')
    expect([seqs(readingUp.drawn)[0], seqs(readingUp.drawn).at(-1), readingUp.shown.live]).toEqual([
      1,
      300,
      false,
    ])
    expect(atEnd.drawn.length).toBeLessThanOrEqual(MOST_ROWS)
  })

  test('[W6, U16] after a burst in which all that was drawn has gone, a hundred rows are drawn, as on entry', () => {
    const burst = cut(items(1_400), { first: 'b1 n1', last: 'b1 n400', live: true }, 'top')
    expect([seqs(burst.drawn)[0], burst.drawn.length, burst.shown.live]).toEqual([1_301, 100, true])
  })

  test('[U16] walking up and down meets every row once a step, and ends live', () => {
    const all = items(1_000)
    let shown = AT_THE_END
    const step = (side: 'top' | 'bottom') => {
      const more = extend(all, shown, side)
      const { drawn, shown: next } = cut(all, more, side === 'top' ? 'bottom' : 'top')
      const numbersDrawn = seqs(drawn) as number[]
      for (const [at, seq] of numbersDrawn.entries())
        if (at > 0) expect(seq).toBe((numbersDrawn[at - 1] ?? 0) + 1)
      expect(drawn.length).toBeLessThanOrEqual(MOST_ROWS)
      shown = next
      return more
    }
    let steps = 0
    for (; steps < 100 && seqs(cut(all, shown, 'top').drawn)[0] !== 1; steps += 1) step('top')
    expect(shown.live).toBe(false)
    for (; steps < 200 && !shown.live; steps += 1) step('bottom')
    expect(shown.live).toBe(true)
    expect(extend(all, shown, 'bottom')).toBe(shown)
  })

  test('[U10] the first row drawn has a header, whatever was trimmed above it, and is the same item each time', () => {
    const all = items(300, 7)
    const [one] = cut(all, AT_THE_END, 'top').drawn
    const [again] = cut(all, AT_THE_END, 'top').drawn
    expect(one?.kind === 'message' && one.first).toBe(true)
    expect(one === again).toBe(true)
  })

  test('[U16] what stands between messages is drawn with the message below it', () => {
    const day: TimelineItem = { kind: 'day', key: 'day', day: 'd', at: NOON }
    const all = [...items(150)]
    all.splice(50, 0, day)
    expect(seqs(cut(all, AT_THE_END, 'top').drawn)[0]).toBe('day')
    expect(seqs(cut(all, { first: 'b1 n52', last: null, live: true }, 'top').drawn)[0]).toBe(52)
  })

  test('[U82] a place that is not among the rows any more is none', () => {
    expect(around(items(10), 'nothing')).toBe(null)
    expect(around(items(300), 'b1 n100')).toMatchObject({ first: 'b1 n50', last: 'b1 n200', live: false })
  })
})

describe('speech', () => {
  let end = new AbortController()
  beforeEach(() => {
    jest.useFakeTimers()
    end = new AbortController()
  })
  afterEach(() => {
    end.abort()
    jest.useRealTimers()
  })

  function aVoice() {
    const voice = announcer(end.signal)
    document.body.replaceChildren(voice.element)
    const spoken = () => [...voice.element.querySelectorAll('p')].map(({ textContent }) => textContent)
    const say = (count: number) =>
      voice.heard(numbers(1, count).map((at) => ({ name: 'Ann', text: `text ${at}` })))
    return { voice, spoken, say }
  }

  test('[A2] what is said is there for five seconds, and ten at a time at most', () => {
    const { voice, spoken } = aVoice()
    for (const at of numbers(1, 12)) voice.say(`line ${at}`)
    expect(spoken()).toHaveLength(10)
    jest.advanceTimersByTime(5_000)
    expect(spoken()).toEqual([])
  })

  test('[A29] what is said before the page has the screen is said once it has', () => {
    const voice = announcer(end.signal)
    voice.say('Kitchen, 2 online')
    expect(voice.element.textContent).toBe('')
    document.body.replaceChildren(voice.element)
    jest.advanceTimersByTime(100)
    expect(voice.element.textContent).toBe('Kitchen, 2 online')
  })

  test('[A3] one message is read out; those of the next three seconds are counted in one sentence', () => {
    const { spoken, say } = aVoice()
    say(1)
    say(4)
    say(1)
    expect(spoken()).toEqual(['Ann: text 1'])
    jest.advanceTimersByTime(3_000)
    expect(spoken()).toEqual(['Ann: text 1', '5 new messages, last from Ann: text 1'])
  })

  test('[A3] above twenty a minute only the count is said, until it is calmer', () => {
    const { spoken, say } = aVoice()
    say(20)
    expect(spoken()).toEqual(['20 new messages, last from Ann: text 20'])
    say(1)
    jest.advanceTimersByTime(3_000)
    expect(spoken().at(-1)).toBe('1 new message')
    jest.advanceTimersByTime(60_000)
    say(1)
    expect(spoken()).toEqual(['Ann: text 1'])
  })

  test('[A3] a mention goes first, each by itself; the others are counted behind it', () => {
    const { voice, spoken, say } = aVoice()
    say(1)
    say(3)
    voice.heard([{ name: 'Bo', text: '@Mira come', mentions: true }])
    jest.advanceTimersByTime(3_000)
    expect(spoken().at(-1)).toBe('Bo mentioned you: @Mira come')
    jest.advanceTimersByTime(3_000)
    expect(spoken().at(-1)).toBe('3 new messages, last from Ann: text 3')
  })

  test('[A3] what is gathered is one sentence in three seconds', () => {
    const { voice, spoken } = aVoice()
    const came: string[] = []
    for (const name of ['Ann', 'Bo', 'Cy']) {
      came.push(name)
      voice.gathered(() => `${came.splice(0).join(', ')} came online`)
    }
    expect(spoken()).toEqual([])
    jest.advanceTimersByTime(3_000)
    expect(spoken()).toEqual(['Ann, Bo, Cy came online'])
  })

  test('[A4] what is urgent interrupts, and only that', () => {
    const { voice } = aVoice()
    voice.warn('Not sent.')
    voice.say('Link copied')
    expect(voice.element.querySelector('[role=alert]')?.textContent).toBe('Not sent.')
    expect(voice.element.querySelector('[role=status]')?.textContent).toBe('Link copied')
  })
})
