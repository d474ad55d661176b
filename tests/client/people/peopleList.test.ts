import { expect, test } from 'bun:test'
import { peopleList } from '../../../src/client/people/peopleList.ts'
import { ada, eve, person } from '../../support/client/aState.ts'
import { useDom } from '../../support/client/useDom.ts'

useDom('http://localhost/chat/lobby')

test('[U60, U62] people stand under Online and Away, oneself marked, the rest counted', () => {
  const view = peopleList()
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
