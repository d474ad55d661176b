import type { Draft } from '../../../src/hub/ports.ts'
import { ada } from './scene.ts'

type Said = Extract<Draft, { nonce: string }>
type Change = Exclude<Said, { kind: 'message' }>
type Content = { [K in Change['kind']]: Omit<Extract<Change, { kind: K }>, keyof Named> }[Change['kind']]
type Named = { room: string; id: string; at: number; user: Said['user']; nonce: string }
let changes = 0

/** A change of Ada's in the lobby, under an id and a nonce of its own. */
export function change(content: Content, more: Partial<Named> = {}): Change {
  changes += 1
  const id = `c${changes.toString(16).padStart(11, '0')}`
  return { room: 'lobby', id, at: 5_000 + changes, user: ada, nonce: `nonce-${id}`, ...content, ...more }
}

export const edit = (target: string, text: string, more?: Partial<Named>) =>
  change({ kind: 'edit', target, text }, more)
export const remove = (target: string, more?: Partial<Named>) => change({ kind: 'delete', target }, more)
export const react = (target: string, emoji: string, on = true, user = ada) =>
  change({ kind: 'react', target, emoji, on }, { user })
export const pin = (target: string, on = true) => change({ kind: 'pin', target, on })
