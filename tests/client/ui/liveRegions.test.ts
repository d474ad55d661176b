import { afterEach, beforeEach, describe, expect, jest, test } from 'bun:test'
import { createAnnouncer } from '../../../src/client/ui/liveRegions.ts'
import { numbers } from '../../support/client/aState.ts'
import { useDom } from '../../support/client/useDom.ts'

useDom('http://localhost/chat/lobby')

describe('screen reader announcements', () => {
  beforeEach(() => jest.useFakeTimers())
  afterEach(() => jest.useRealTimers())

  function anAnnouncer() {
    const announcer = createAnnouncer(new AbortController().signal)
    document.body.replaceChildren(announcer.element)
    const spoken = () => [...announcer.element.querySelectorAll('p')].map(({ textContent }) => textContent)
    const receive = (count: number) =>
      announcer.messages(numbers(1, count).map((n) => ({ name: 'Ann', text: `text ${n}` })))
    return { announcer, spoken, receive }
  }

  test('[A2] a line stays for five seconds, and there are ten at most', () => {
    const { announcer, spoken } = anAnnouncer()
    for (const n of numbers(1, 12)) announcer.say(`line ${n}`)
    expect(spoken()).toHaveLength(10)
    jest.advanceTimersByTime(5_000)
    expect(spoken()).toEqual([])
  })

  test('[A29] a line spoken before the screen is in the page is spoken once it is', () => {
    const { element, say } = createAnnouncer(new AbortController().signal)
    say('Kitchen, 2 online')
    expect(element.textContent).toBe('')
    document.body.replaceChildren(element)
    jest.advanceTimersByTime(100)
    expect(element.textContent).toBe('Kitchen, 2 online')
  })

  test('[A3] one message is read out; those of the next three seconds are counted in one sentence', () => {
    const { spoken, receive } = anAnnouncer()
    receive(1)
    receive(4)
    receive(1)
    expect(spoken()).toEqual(['Ann: text 1'])
    jest.advanceTimersByTime(3_000)
    expect(spoken()).toEqual(['Ann: text 1', '5 new messages, last from Ann: text 1'])
  })

  test('[A3] above twenty messages in a minute only their count is spoken', () => {
    const { spoken, receive } = anAnnouncer()
    receive(20)
    expect(spoken()).toEqual(['20 new messages, last from Ann: text 20'])
    receive(1)
    jest.advanceTimersByTime(3_000)
    expect(spoken().at(-1)).toBe('1 new message')
    jest.advanceTimersByTime(60_000)
    receive(1)
    expect(spoken()).toEqual(['Ann: text 1'])
  })

  test('[A3] a mention is read out before the other messages', () => {
    const { announcer, spoken, receive } = anAnnouncer()
    receive(1)
    receive(3)
    announcer.messages([{ name: 'Bo', text: '@Mira come', mentions: true }])
    jest.advanceTimersByTime(3_000)
    expect(spoken().at(-1)).toBe('Bo mentioned you: @Mira come')
    jest.advanceTimersByTime(3_000)
    expect(spoken().at(-1)).toBe('3 new messages, last from Ann: text 3')
  })

  test('[A3] people who come and go within three seconds are one sentence', () => {
    const { announcer, spoken } = anAnnouncer()
    const names: string[] = []
    for (const name of ['Ann', 'Bo', 'Cy']) {
      names.push(name)
      announcer.summary(() => `${names.splice(0).join(', ')} came online`)
    }
    expect(spoken()).toEqual([])
    jest.advanceTimersByTime(3_000)
    expect(spoken()).toEqual(['Ann, Bo, Cy came online'])
  })

  test('[A4] only a warning interrupts', () => {
    const { announcer } = anAnnouncer()
    announcer.warn('Not sent.')
    announcer.say('Link copied')
    expect(announcer.element.querySelector('[role=alert]')?.textContent).toBe('Not sent.')
    expect(announcer.element.querySelector('[role=status]')?.textContent).toBe('Link copied')
  })
})
