import { afterEach, beforeEach, describe, expect, jest, test } from 'bun:test'
import { createAnnouncer } from '../../../src/client/ui/liveRegions.ts'
import { numbers } from '../../support/client/aState.ts'
import { useDom } from '../../support/client/useDom.ts'

useDom('http://localhost/chat/lobby')

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
    const voice = createAnnouncer(end.signal)
    document.body.replaceChildren(voice.element)
    const spoken = () => [...voice.element.querySelectorAll('p')].map(({ textContent }) => textContent)
    const say = (count: number) =>
      voice.messages(numbers(1, count).map((at) => ({ name: 'Ann', text: `text ${at}` })))
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
    const voice = createAnnouncer(end.signal)
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
    voice.messages([{ name: 'Bo', text: '@Mira come', mentions: true }])
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
      voice.summary(() => `${came.splice(0).join(', ')} came online`)
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
