/** Rows, items and key presses for the tests of single views. */
import type { Row, SendStatus } from '../../../src/client/state/state.ts'
import type { MessageItem } from '../../../src/client/timeline/timelineItems.ts'
import { bob, mentionsOfAda, NOON } from './aState.ts'

/** The text without the marks that isolate a name's direction. */
export const plain = (text: string | null | undefined) => (text ?? '').replaceAll(/[\u2068\u2069]/g, '')

export function aRow(seq: number, more: Partial<Row> = {}): Row {
  const sendStatus: SendStatus = { status: 'acked' }
  const usual = {
    key: `b1 n${seq}`,
    seq,
    id: `i${seq}`,
    user: bob,
    nonce: `n${seq}`,
    at: NOON + seq * 60_000,
    kind: 'message' as const,
    mentions: [],
    edited: null,
    pinned: false,
    reactions: [],
    trueAt: seq,
  }
  const mentioned = mentionsOfAda(more.text ?? undefined)
  return { ...usual, text: `text ${seq}`, own: false, sendStatus, ...mentioned, ...more }
}

/** Ann writes a text that mentions nobody. */
export const byAnn = { author: 'Ann', mentions: [], names: [], me: null, showPerson() {} }

export function anItem(row: Row, first = true): MessageItem {
  return { kind: 'message', key: row.key, row, first }
}

export function press(element: Element, key: string, more: object = {}): boolean {
  const event = new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...more })
  element.dispatchEvent(event)
  return event.defaultPrevented
}

/** The page runs on this platform, as `navigator.platform` names it. @returns ends that */
export function onPlatform(platform: string): () => void {
  Object.defineProperty(navigator, 'platform', { value: platform, configurable: true })
  return () => Reflect.deleteProperty(navigator, 'platform')
}

export async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await Promise.resolve()
}
