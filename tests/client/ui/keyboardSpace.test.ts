import { expect, test } from 'bun:test'
import { h } from '../../../src/client/ui/dom.ts'
import { keyboardSpace } from '../../../src/client/ui/keyboardSpace.ts'
import { useDom } from '../../support/client/useDom.ts'

useDom('http://localhost/chat/lobby')

test('[V11] the part of the page that an on-screen keyboard covers is measured; pinch zoom counts as none', () => {
  const { innerHeight } = window
  const view = Object.assign(new window.EventTarget(), { height: innerHeight, offsetTop: 0, scale: 1 })
  Object.defineProperty(window, 'visualViewport', { value: view, configurable: true })
  const shell = h('div')
  keyboardSpace(shell, new AbortController().signal)
  const covered = (change: Partial<typeof view>): string => {
    Object.assign(view, change).dispatchEvent(new Event('resize'))
    return shell.style.getPropertyValue('--kb')
  }
  expect(covered({})).toBe('0px')
  expect(covered({ height: innerHeight - 300 })).toBe('300px')
  expect(covered({ offsetTop: 100 })).toBe('200px')
  expect(covered({ offsetTop: 400 })).toBe('0px')
  expect(covered({ height: innerHeight / 2, offsetTop: 0, scale: 2 })).toBe('0px')
})
