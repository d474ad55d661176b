import { afterEach, beforeEach, describe, expect, jest, test } from 'bun:test'
import { openDialog } from '../../../src/client/ui/dialog.ts'
import { openPicker } from '../../../src/client/ui/emoji/emojiPicker.ts'
import { openRowMenu } from '../../../src/client/timeline/messageMenu.ts'
import { jumping } from '../../../src/client/timeline/jumpToMessage.ts'
import { numbers } from '../../support/client/aState.ts'
import { useDom } from '../../support/client/useDom.ts'

const dom = useDom('http://localhost/chat/lobby')

/** A room's signal that counts who listens to it. */
function aSignal() {
  const controller = new AbortController()
  const { signal } = controller
  const listening = new Set<unknown>()
  const { addEventListener, removeEventListener } = signal
  signal.addEventListener = function (
    this: AbortSignal,
    ...given: Parameters<AbortSignal['addEventListener']>
  ) {
    listening.add(given[1])
    addEventListener.apply(signal, given)
  } as AbortSignal['addEventListener']
  signal.removeEventListener = function (...given: Parameters<AbortSignal['removeEventListener']>) {
    listening.delete(given[1])
    removeEventListener.apply(signal, given)
  } as AbortSignal['removeEventListener']
  return { signal, listening, abort: () => controller.abort() }
}

const shown = () => document.querySelectorAll('[popover], dialog').length

describe('what opens and closes in a room', () => {
  const fetched = globalThis.fetch
  beforeEach(() => {
    const { HTMLElement: Any } = dom.window
    // happy-dom has no popovers: what a browser does with one.
    const tell = (element: InstanceType<typeof Any>, newState: string) =>
      element.dispatchEvent(Object.assign(new dom.window.Event('toggle'), { newState }))
    Object.assign(Any.prototype, {
      showPopover(this: InstanceType<typeof Any>) {
        tell(this, 'open')
      },
      hidePopover(this: InstanceType<typeof Any>) {
        tell(this, 'closed')
      },
    })
    globalThis.fetch = Object.assign(async () => Response.json([]), { preconnect: () => {} })
  })
  afterEach(() => {
    globalThis.fetch = fetched
    document.body.replaceChildren()
  })

  const opens: Record<string, (signal: AbortSignal) => unknown> = {
    'a dialog': (signal) => openDialog({ title: 'One' }, signal),
    'the menu of a message': (signal) => openRowMenu('Menu', [], null, { x: 0, y: 0 }, signal),
    'the emoji': (signal) => openPicker({ x: 0, y: 0 }, () => {}, signal),
  }

  test.each(Object.keys(opens))(
    '[U124] of %s that was closed nothing listens to the room any more',
    async (what) => {
      const { signal, listening } = aSignal()
      for (const _ of numbers(1, 50)) {
        await opens[what]?.(signal)
        expect(listening.size).toBe(1)
        for (const panel of document.querySelectorAll<HTMLElement>('[popover]')) panel.hidePopover()
        for (const dialog of document.querySelectorAll('dialog')) dialog.close()
      }
      expect([listening.size, shown()]).toEqual([0, 0])
    },
  )

  test.each(Object.keys(opens))('[U124] %s goes with the room', async (what) => {
    const { signal, abort } = aSignal()
    await opens[what]?.(signal)
    expect(shown()).toBe(1)
    abort()
    expect(shown()).toBe(0)
  })

  test('[U124] a mark that is gone does not listen to the room any more', async () => {
    jest.useFakeTimers()
    try {
      const { signal, listening } = aSignal()
      const element = document.createElement('div')
      const row = Object.assign(document.createElement('article'), { className: 'message', tabIndex: -1 })
      const rows = document.createElement('div')
      rows.append(row)
      document.body.append(element, rows)
      const messages = {
        element,
        rows,
        place: () => null,
        show: () => {},
        focus: () => {},
        toEnd: () => {},
        rowOf: () => ({ row: { seq: 7 } }),
      }
      const context = { store: { get: () => ({ rooms: {} }) }, actions: { jumpTo: async () => true } }
      const jumps = jumping(context as never, 'lobby', { messages: messages as never, say: () => {} }, signal)
      const before = listening.size
      for (const _ of numbers(1, 50)) await jumps.to(7)
      expect(row.hasAttribute('data-marked')).toBe(true)
      jest.advanceTimersByTime(2_000)
      expect([row.hasAttribute('data-marked'), listening.size]).toEqual([false, before])
    } finally {
      jest.useRealTimers()
    }
  })
})
