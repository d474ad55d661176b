import { expect, test } from 'bun:test'
import { windowTitle } from '../../../src/client/app/windowTitle.ts'

test('[U74, T12] the title counts what is unread, and names the room with a direction of its own', () => {
  expect(windowTitle(0, '', 'Hubbub')).toBe('Hubbub')
  expect(windowTitle(3, 'kitchen', 'Hubbub')).toBe('(3) kitchen · Hubbub')
  expect(windowTitle(150, 'מטבח', 'Hubbub')).toBe('(99+) \u2068מטבח\u2069 · Hubbub')
})
