import { expect, test } from 'bun:test'
import { peopleList } from '../../../src/client/people/peopleList.ts'
import { ada, bob, eve, person } from '../../support/client/aState.ts'
import { useDom } from '../../support/client/useDom.ts'

useDom('http://localhost/chat/lobby')

test('[U60, U62] people are listed as online or away, me first, the others by name, and the unnamed are counted', () => {
  const zoe = { id: 'z', name: 'zoë' }
  const emil = { id: 'm', name: 'Émile' }
  const people = [person(zoe), person(emil), person(bob, 'idle'), person(eve), person(ada)]
  const view = peopleList(ada.id, 'en')
  view.update({ people, onlineCount: 45 })
  const groups = [...view.element.querySelectorAll('section')].map((section) => [
    section.querySelector('h2')?.textContent,
    ...[...section.querySelectorAll('li')].map((row) => row.querySelector('.name')?.textContent),
  ])
  expect(groups).toEqual([
    ['Online', 'Ada', 'Émile', 'Eve', 'zoë'],
    ['Away', 'Bob'],
  ])
  expect(view.element.querySelector('li')?.textContent).toContain('you')
  expect(view.element.textContent).toContain('and 40 more')
})
