import { expect, test } from 'bun:test'
import { peoplePanel } from '../../../src/client/people/peoplePanel.ts'
import { peopleList } from '../../../src/client/people/peopleList.ts'
import { reduce } from '../../../src/client/state/reduce.ts'
import { createStore } from '../../../src/client/state/store.ts'
import { ada, bob, eve, firstPage, members, NOON, person, welcome } from '../../support/client/aState.ts'
import { useDom } from '../../support/client/useDom.ts'

useDom('http://localhost/chat/lobby')

test('[U60, U62] people are listed as online or away, me first, the others by name, and the unnamed are counted', () => {
  const [zoe, emil] = [
    { id: 'z', name: 'zoë' },
    { id: 'm', name: 'Émile' },
  ]
  const full = [person(zoe), person(emil), person(bob, 'idle'), person(eve), person(ada)]
  const store = createStore(reduce)
  store.dispatch({ type: 'roomOpened', room: 'lobby', shown: true })
  store.dispatch({ type: 'syncRequested', room: 'lobby' })
  const frames = [welcome, firstPage([], { members: { version: 1, count: 45, full } })]
  store.dispatch({ type: 'framesReceived', frames, now: NOON })
  const element = peopleList({ store, showPerson() {} }, 'lobby', new AbortController().signal)
  const groups = [...element.querySelectorAll('section')].map((section) => [
    section.querySelector('h2')?.textContent,
    ...[...section.querySelectorAll('li')].map((row) => row.querySelector('.name')?.textContent),
  ])
  expect(groups).toEqual([
    ['Online', 'Ada', 'Émile', 'Eve', 'zoë'],
    ['Away', 'Bob'],
  ])
  expect(element.querySelector('li')?.textContent).toContain('you')
  expect(element.textContent).toContain('and 40 more')
})

test('[U190] the people button counts who is online, without those who are away', () => {
  const store = createStore(reduce)
  const { toggle } = peoplePanel({ store, showPerson() {} } as never, 'lobby', new AbortController().signal)
  expect(toggle.getAttribute('aria-label')).toBe('People')
  store.dispatch({ type: 'roomOpened', room: 'lobby', shown: true })
  store.dispatch({ type: 'syncRequested', room: 'lobby' })
  const frames = [welcome, firstPage([], { members: members(person(ada), person(bob, 'idle'), person(eve)) })]
  store.dispatch({ type: 'framesReceived', frames, now: NOON })
  expect([toggle.textContent, toggle.getAttribute('aria-label')]).toEqual(['2', '2 online'])
})
