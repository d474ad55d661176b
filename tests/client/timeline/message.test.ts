import { afterEach, beforeEach, describe, expect, setSystemTime, test } from 'bun:test'
import type { Row, SendStatus } from '../../../src/client/state/state.ts'
import { messageView } from '../../../src/client/timeline/message/message.ts'
import { aRow, anItem, plain } from '../../support/client/aRow.ts'
import { NOON, ada } from '../../support/client/aState.ts'
import { useDom } from '../../support/client/useDom.ts'

useDom('http://localhost/chat/lobby')

describe('a message', () => {
  beforeEach(() => {
    setSystemTime(NOON)
  })
  afterEach(() => {
    setSystemTime()
  })

  function aMessage(row: Row, first = true) {
    const pressed: string[] = []
    const view = messageView(
      anItem(row, first),
      Date.now(),
      {
        react: () => {},
        jump: () => {},
        mentionsMe: () => false,
        retry: (key) => pressed.push(`retry ${key}`),
        drop: (key) => pressed.push(`drop ${key}`),
        edit: (key, text) => pressed.push(`edit ${key} ${text}`),
      },
      'system',
    )
    const button = (label: string) =>
      [...view.element.querySelectorAll('button')].find(({ textContent }) => textContent === label)
    const label = () => plain(view.element.getAttribute('aria-label'))
    return { view, pressed, button, label, element: view.element }
  }
  const mine = (sendStatus: SendStatus) => aRow(1, { user: ada, own: true, seq: null, sendStatus, at: NOON })

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
