import { expect, test } from 'bun:test'
import { peopleGroups } from '../../../src/client/people/peopleGroups.ts'
import { newRoom } from '../../../src/client/state/state.ts'
import { ada, aLivePage, bob, eve, event, person, said } from '../../support/client/aState.ts'

const groups = (...people: ReturnType<typeof person>[]) => {
  const { here, away, more } = peopleGroups('en')(
    { ...newRoom('lobby'), people, onlineCount: people.length + 40 },
    ada.id,
  )
  return { here: here.map(({ name }) => name), away: away.map(({ name }) => name), more }
}

test('[U60] here and away, me first, the others by name as the locale orders them', () => {
  const zoe = { id: 'z', name: 'zoë' }
  const emil = { id: 'm', name: 'Émile' }
  expect(groups(person(zoe), person(emil), person(bob, 'idle'), person(eve), person(ada))).toEqual({
    here: ['Ada', 'Émile', 'Eve', 'zoë'],
    away: ['Bob'],
    more: 40,
  })
})

test('[W9] the same people are the same groups', () => {
  const select = peopleGroups('en')
  const page = aLivePage()
  const before = select(page.lobby, ada.id)
  expect(select(page.hear(event(said(4))).lobby, ada.id) === before).toBe(true)
})
