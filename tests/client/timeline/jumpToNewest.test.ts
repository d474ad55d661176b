import { expect, test } from 'bun:test'
import { jumpToNewestButton } from '../../../src/client/timeline/jumpToNewest.ts'
import { useDom } from '../../support/client/useDom.ts'

useDom('http://localhost/chat/lobby')

test('[U14] the pill counts up to 99 and says the exact number', () => {
  const { element, update } = jumpToNewestButton({ press: () => {} })
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
