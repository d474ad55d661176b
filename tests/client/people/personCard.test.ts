import { afterEach, expect, test } from 'bun:test'
import { openPersonCard } from '../../../src/client/people/personCard.ts'
import { reduce } from '../../../src/client/state/reduce.ts'
import { createStore } from '../../../src/client/state/store.ts'
import { h } from '../../../src/client/ui/dom.ts'
import { ada, bob, eve, firstPage, NOON, person, said, welcome } from '../../support/client/aState.ts'
import { useDom } from '../../support/client/useDom.ts'

useDom('http://localhost/chat/lobby')

let screen = new AbortController()
afterEach(() => {
  screen.abort()
  screen = new AbortController()
  document.body.replaceChildren()
})

/** The lobby with me, Bob, who is away, and `more` people whom the server does not name. */
function aLobby(more = 0) {
  const store = createStore(reduce)
  store.dispatch({ type: 'selfChanged', self: { ...ada, role: 'guest' } })
  store.dispatch({ type: 'roomOpened', room: 'lobby', shown: true })
  store.dispatch({ type: 'syncRequested', room: 'lobby' })
  const full = [person(ada), person({ ...bob, name: 'Robert' }, 'idle')]
  const frames = [
    welcome,
    firstPage([said(1, { user: { ...eve, name: 'Evelyn' } })], {
      members: { version: 1, count: 2 + more, full },
    }),
  ]
  store.dispatch({ type: 'framesReceived', frames, now: NOON })
  const opener = h('button', { type: 'button' })
  document.body.append(opener)
  const mentioned: string[] = []
  const show = (who: typeof ada) => {
    opener.focus()
    openPersonCard(
      store,
      { room: 'lobby', person: who, opener },
      (name) => mentioned.push(name),
      screen.signal,
    )
    const card = document.querySelector('.card')
    const buttons = [...(card?.querySelectorAll('button') ?? [])]
    const press = (label: string) => buttons.find(({ textContent }) => textContent === label)?.click()
    return { text: card?.querySelector('.name')?.parentElement?.textContent, press, buttons }
  }
  return { show, mentioned }
}

test('[U250] a card shows the name of today and the presence, and mentions the person', () => {
  const { show, mentioned } = aLobby()
  const card = show(bob)
  expect(card.text).toBe('RobertAway')
  card.press('Mention')
  expect(document.querySelector('.card')).toBeNull()
  expect(mentioned).toEqual(['Robert'])
})

test('[U250] my own card says so and offers no mention', () => {
  const { text, buttons } = aLobby().show(ada)
  expect([text, buttons.length]).toEqual(['AdaOnline · you', 1])
})

test('[U250] a person who is not listed is offline, under the name they last wrote under, unless the server lists only some', () => {
  expect(aLobby().show(eve).text).toBe('EvelynOffline')
  document.querySelector('.card')?.remove()
  expect(aLobby(100).show(eve).text).toBe('Evelyn')
})
