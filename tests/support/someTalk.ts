import type { Person, RoomEvent, User } from '../../src/shared/model.ts'
import { said } from './client/aState.ts'

export const PEOPLE: readonly User[] = [
  { id: 'u1', name: 'Ada' },
  { id: 'u2', name: 'Bob Kowalski' },
  { id: 'u3', name: 'محمد' },
  { id: 'u4', name: '李小龍' },
  { id: 'u5', name: '👩‍🚀 Zoë' },
  { id: 'u6', name: 'O’Brien' },
  { id: 'u7', name: 'W'.repeat(24) },
]

const WORDS = [
  'Morning!',
  'Has anybody seen the keys to the shed?',
  'It is a truth universally acknowledged, that a single man in possession of a good fortune, must be in want of a wife. '.repeat(
    3,
  ),
  'مرحبا بالجميع، كيف حالكم اليوم؟',
  '今天晚上我們去哪裡吃飯?',
  '🎉🎉',
  'Line one\nLine two\n\nLine four after a gap',
  'שלום לכולם',
  'x'.repeat(400),
  'On the hook by the door.',
]

/** Messages `from` … `to` of all kinds and heights, three of a person at a time, two days long. */
export function talk(from: number, to: number, now = Date.now()): RoomEvent[] {
  const events: RoomEvent[] = []
  for (let seq = from; seq <= to; seq += 1) {
    const user = PEOPLE[Math.floor(seq / 3) % PEOPLE.length]
    const text = WORDS[(seq * 7) % WORDS.length]
    if (user === undefined || text === undefined) continue
    events.push(said(seq, { user, text, at: now - (to - seq) * 60_000 - (seq % 200 < 30 ? 86_400_000 : 0) }))
  }
  return events
}

/** So many people, every fifth away. */
export function crowd(count: number): Person[] {
  return Array.from({ length: count }, (_, at) => ({
    id: `c${at}`,
    name: `Person ${at}`,
    state: at % 5 === 0 ? 'idle' : 'active',
  }))
}
