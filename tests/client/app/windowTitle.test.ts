import { expect, test } from 'bun:test'
import { windowTitle } from '../../../src/client/app/windowTitle.ts'

test('[U74] the title counts what is unread and names the room', () => {
  expect(windowTitle(0, '', 'Hubbub')).toBe('Hubbub')
  expect(windowTitle(3, 'kitchen', 'Hubbub')).toBe('(3) kitchen · Hubbub')
  expect(windowTitle(150, 'kitchen', 'Hubbub')).toBe('(99+) kitchen · Hubbub')
})

test('[T12] a name in the title keeps its direction to itself', () => {
  expect(windowTitle(0, 'מטבח', 'Hubbub')).toBe('\u2068מטבח\u2069 · Hubbub')
})
