import { describe, expect, test } from 'bun:test'
import { h } from '../../../src/client/ui/dom.ts'
import { keyboardSpace } from '../../../src/client/ui/keyboardSpace.ts'
import { useDom } from '../../support/client/useDom.ts'

useDom('http://localhost/chat/lobby')

describe('the keyboard of a phone', () => {
  test('[V11] what it covers is room below the composer, and nothing where it covers nothing or two fingers zoom', () => {
    const view = Object.assign(new window.EventTarget(), { height: 800, offsetTop: 0, scale: 1 })
    const usual = Object.getOwnPropertyDescriptor(window, 'visualViewport')
    Object.defineProperty(window, 'visualViewport', { value: view, configurable: true })
    const end = new AbortController()
    const shell = h('div')
    try {
      keyboardSpace(shell, end.signal)
      const seen = (more: Partial<typeof view>): string => {
        Object.assign(view, more).dispatchEvent(new Event('resize'))
        return shell.style.getPropertyValue('--kb')
      }
      const { innerHeight } = window
      expect(seen({ height: innerHeight })).toBe('0px')
      expect(seen({ height: innerHeight - 300 })).toBe('300px')
      expect(seen({ offsetTop: 100 })).toBe('200px')
      expect(seen({ offsetTop: 400 })).toBe('0px')
      expect(seen({ height: innerHeight / 2, offsetTop: 0, scale: 2 })).toBe('0px')
      expect(shell.style.height).toBe('')
      end.abort()
      expect(seen({ scale: 1 })).toBe('0px')
    } finally {
      if (usual) Object.defineProperty(window, 'visualViewport', usual)
      else Reflect.deleteProperty(window, 'visualViewport')
    }
  })
})
