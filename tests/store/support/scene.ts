import type { Mention, User } from '../../../src/shared/model.ts'
import type {
  Draft,
  DraftContent,
  NameKeys,
  NewGuest,
  Outcome,
  StaleLimits,
  Store,
} from '../../../src/hub/ports.ts'
import { openSqlite, type SqliteOptions, type Sqlite } from '../../../src/store/sqlite/sqliteStore.ts'

const WORKER = new URL('../../../src/store/sqlite/write/sqlite.worker.ts', import.meta.url)

export const ada = { id: '0a', name: 'Ada' }
export const bob = { id: '0b', name: 'Bob' }
export const garden = { room: 'garden', name: 'Garden', topic: 'roses', kind: 'public' } as const
/** No guest is stale. */
export const NEVER: StaleLimits = { inactiveBefore: 0, neverWroteBefore: 0 }

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

type DraftFields = Omit<Extract<Draft, { nonce: string }>, keyof DraftContent>
type MessageDraft = Extract<Draft, { kind: 'message' }>

/** Fields of a new draft of Ada's in the lobby. */
function newFields(): DraftFields {
  drafts += 1
  const id = drafts.toString(16).padStart(12, '0')
  return { room: 'lobby', id, at: 1_000 + drafts, user: ada, nonce: `nonce-${id}` }
}

/** A message of Ada's in the lobby. */
export function draft(text: string, fields: Partial<MessageDraft> = {}): MessageDraft {
  return { kind: 'message', text, ...newFields(), ...fields }
}

/** The mention that a text begins with: `@` and the name of the person. */
export const mentionOf = ({ id, name }: User, at = 0): Mention => ({ user: id, at, length: name.length + 1 })

/** A change of Ada's to a message in the lobby. */
export function change(content: DraftContent, fields: Partial<DraftFields> = {}): Draft & { nonce: string } {
  return { ...newFields(), ...content, ...fields }
}

export const edit = (
  target: string,
  text: string,
  { mentions, ...fields }: Partial<DraftFields> & { mentions?: Mention[] } = {},
) => change({ kind: 'edit', target, text, ...(mentions && { mentions }) }, fields)
export const remove = (target: string, fields?: Partial<DraftFields>) =>
  change({ kind: 'delete', target }, fields)
export const react = (target: string, emoji: string, on = true, user = ada, fields?: Partial<DraftFields>) =>
  change({ kind: 'react', target, emoji, on }, { user, ...fields })
export const pin = (target: string, on = true) => change({ kind: 'pin', target, on })

/** Sends texts to the lobby, in one commit. */
export function say(store: Store, texts: readonly string[]): Promise<Outcome[]> {
  return store.commit(texts.map((text) => draft(text)))
}

/** `stored`, `duplicate`, `failed` or the code of the refusal, for each draft. */
export async function resultsOf(outcomes: Promise<readonly Outcome[]>): Promise<string[]> {
  return (await outcomes).map((outcome) => ('code' in outcome ? outcome.code : outcome.result))
}

/** The numbers 1 to `count`, as texts. */
export function numbered(count: number): string[] {
  return Array.from({ length: count }, (_, n) => String(n + 1))
}

export const bytesOf = (value: unknown) => Buffer.byteLength(JSON.stringify(value))

export const owned = (...own: string[]): NameKeys => ({ own, pairs: [] })

export function guest(name: string, fields: Partial<NewGuest> = {}): NewGuest {
  const key = name.toLowerCase()
  return { id: `id-${key}`, name, keys: owned(key), session: `session-${key}`, at: 1_000, ...fields }
}
