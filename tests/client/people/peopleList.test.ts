import { expect, test } from 'bun:test'
import { peopleList } from '../../../src/client/people/peopleList.ts'
import { ada, eve, person } from '../../support/client/aState.ts'
import { useDom } from '../../support/client/useDom.ts'

useDom('http://localhost/chat/lobby')

test('[U60, U62] people stand under Here and Away, oneself marked, being away said in words, the rest counted', () => {
  const view = peopleList()
  const groups = { here: [person(ada)], away: [person(eve, 'idle')], more: 140 }
  view.update({ groups, me: ada.id })
  const rows = [...view.element.querySelectorAll('li')].map(({ children }) =>
    [...children].slice(1).map(({ textContent }) => textContent),
  )
  expect(rows).toEqual([
    ['Ada', 'you'],
    ['Eve', 'away'],
  ])
  expect(view.element.textContent).toContain('and 140 more')
})
