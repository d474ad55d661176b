import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Draft, NewGuest, Outcome, Stale, Store } from '../../../src/hub/ports.ts'
import { openSqlite, type SqliteOptions, type Sqlite } from '../../../src/store/sqlite/sqliteStore.ts'

const WORKER = new URL('../../../src/store/sqlite/write/sqlite.worker.ts', import.meta.url)

export const ada = { id: '0a', name: 'Ada' }
export const bob = { id: '0b', name: 'Bob' }
/** Nobody is stale. */
export const NEVER: Stale = { inactiveBefore: 0, neverWroteBefore: 0 }

export function aTemporaryDir(): string {
  return mkdtempSync(join(tmpdir(), 'hubbub-store-'))
}

export function open(dir: string, options: Partial<SqliteOptions> = {}): Promise<Sqlite> {
  return openSqlite({
    dir,
    workerUrl: WORKER,
    onDeath(error) {
      throw error
    },
    ...options,
  })
}

let drafts = 0

type SaidText = Extract<Draft, { kind: 'message' }>

/** Something Ada says in the lobby, under a nonce and an id of its own, unless told otherwise. */
export function draft(text: string, more: Partial<SaidText> = {}): SaidText {
  drafts += 1
  const id = drafts.toString(16).padStart(12, '0')
  return {
    kind: 'message',
    room: 'lobby',
    id,
    at: 1_000 + drafts,
    user: ada,
    nonce: `nonce-${id}`,
    text,
    ...more,
  }
}

/** Says texts in the lobby, in one commit. */
export function say(
  store: Store,
  texts: readonly string[],
  more: Partial<SaidText> = {},
): Promise<Outcome[]> {
  return store.commit(texts.map((text) => draft(text, more)))
}

/** `count` texts: 1, 2, 3 … */
export function numbered(count: number): string[] {
  return Array.from({ length: count }, (_, n) => String(n + 1))
}

export function guest(name: string, more: Partial<NewGuest> = {}): NewGuest {
  const key = name.toLowerCase()
  return { id: `id-${key}`, name, keys: [key], session: `session-${key}`, at: 1_000, ...more }
}
