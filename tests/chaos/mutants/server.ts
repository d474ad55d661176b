/** The harness's server with the planted fault MUTANT: methods of the product are replaced before it starts. */
import { Database } from 'bun:sqlite'
import { join } from 'node:path'
import { Feed } from '../../../src/hub/messages/feed.ts'
import { Hub } from '../../../src/hub/hub.ts'
import type { Draft } from '../../../src/hub/ports.ts'
import { eventFromDraft } from '../../../src/store/sqlite/write/eventWriter.ts'
import { WriterThread } from '../../../src/store/sqlite/write/writerThread.ts'
import type { CommitResult } from '../../../src/store/sqlite/write/eventWriter.ts'

/** How much too early (ms) something is said. */
const EARLY = 150

const dir = process.env['DATA_DIR'] ?? ''
const mutant = process.env['MUTANT'] ?? ''

/** Foretells the result of a commit. */
function prophet(): (drafts: readonly Draft[]) => CommitResult[] {
  const db = new Database(join(dir, 'hubbub.db'), { readonly: true })
  const heads = new Map<string, number>()
  const known = new Map<string, { seq: number; id: string; at: number }>()
  const stored = db.query<{ seq: number; id: string; at: number }, [string, string]>(
    'SELECT seq, id, at FROM events WHERE user_id = ? AND nonce = ?',
  )
  const head = db.query<{ seq: number }, [string]>('SELECT seq FROM rooms WHERE room = ?')
  return (drafts) =>
    drafts.map(({ room, user, nonce, id, at }) => {
      const before = known.get(`${user.id} ${nonce}`) ?? stored.get(user.id, nonce ?? '')
      if (before) return { result: 'duplicate', ...before }
      const seq = (heads.get(room) ?? head.get(room)?.seq ?? 0) + 1
      heads.set(room, seq)
      known.set(`${user.id} ${nonce}`, { seq, id, at })
      return { result: 'stored', seq }
    })
}

/** Replaces how drafts are committed; other writes stay as they are. */
function onCommit(
  change: (drafts: readonly Draft[], commit: () => Promise<CommitResult[]>) => Promise<CommitResult[]>,
): void {
  const write = WriterThread.prototype.write as (this: WriterThread, ...args: unknown[]) => Promise<unknown>
  Object.assign(WriterThread.prototype, {
    write(this: WriterThread, method: string, ...args: unknown[]) {
      const real = () => write.call(this, method, ...args)
      if (method !== 'commit') return real()
      return change(args[0] as Draft[], real as () => Promise<CommitResult[]>)
    },
  })
}

/** Replaces the ids of the positions in a `hello`. */
function onHello(change: (user: string, room: string, seq: number, id: string | null) => string | null) {
  const hello = Hub.prototype.hello
  const open = Hub.prototype.open
  const users = new Map<string, string>()
  Hub.prototype.open = function (connection, user, session) {
    users.set(connection.id, user.id)
    return open.call(this, connection, user, session)
  }
  Hub.prototype.hello = function (from, frame) {
    const user = users.get(from.id) ?? ''
    const rooms = frame.rooms.map((room) => ({ ...room, id: change(user, room.room, room.seq, room.id) }))
    return hello.call(this, from, { ...frame, rooms })
  }
}

function plantInWorker(): void {
  process.env['WORKER'] = new URL('./worker.ts', import.meta.url).href
}

const plant: Record<string, () => void> = {
  ackBeforeCommit() {
    let foretell: ReturnType<typeof prophet> | null = null
    let last: Promise<unknown> = Promise.resolve()
    onCommit((drafts, commit) => {
      foretell ??= prophet()
      last = last.then(() => Bun.sleep(EARLY)).then(commit)
      return Promise.resolve(foretell(drafts))
    })
  },

  publishBeforeCommit() {
    let foretell: ReturnType<typeof prophet> | null = null
    const feeds = new Set<Feed>()
    const watch = Feed.prototype.watch
    Feed.prototype.watch = function (...args) {
      feeds.add(this)
      watch.apply(this, args)
    }
    onCommit(async (drafts, commit) => {
      foretell ??= prophet()
      foretell(drafts).forEach((written, at) => {
        const draft = drafts[at]
        if (written.result !== 'stored' || draft === undefined) return
        for (const feed of feeds) feed.show(draft.room, eventFromDraft(draft, written.seq))
      })
      await Bun.sleep(EARLY)
      return await commit()
    })
  },

  followsLate() {
    const open = Hub.prototype.open
    Hub.prototype.open = function (connection, user, session) {
      const follow = connection.follow.bind(connection)
      connection.follow = (room) => void setTimeout(() => follow(room), EARLY)
      return open.call(this, connection, user, session)
    }
  },

  /** The worker counts from 0. Here the start overlooks it, or the server would refuse the log that this leaves (O44). */
  seqFromMemory() {
    plantInWorker()
    const query = Database.prototype.query as (this: Database, sql: string) => ReturnType<Database['query']>
    Object.assign(Database.prototype, {
      query(this: Database, sql: string) {
        return query.call(this, sql.includes('LEFT JOIN events') ? `${sql} HAVING 0` : sql)
      },
    })
  },

  ignoresIds() {
    let db: Database | null = null
    onHello((_user, room, seq, id) => {
      db ??= new Database(join(dir, 'hubbub.db'), { readonly: true })
      const row = db
        .query<{ id: string }, [string, number]>('SELECT id FROM events WHERE room = ? AND seq = ?')
        .get(room, seq)
      return row?.id ?? id
    })
  },

  resetsAfterStart() {
    const greeted = new Set<string>()
    onHello((user, room, seq, id) => {
      if (seq === 0 || greeted.has(`${user} ${room}`)) return id
      greeted.add(`${user} ${room}`)
      return '0'
    })
  },

  publishesBackwards() {
    const probe = Bun.serve({
      port: 0,
      hostname: '127.0.0.1',
      development: false,
      fetch: () => new Response(),
    })
    const kind = Object.getPrototypeOf(probe) as { publish(topic: string, text: string): number }
    const publish = kind.publish
    void probe.stop(true)
    const turns = new Map<object, (() => void)[]>()
    kind.publish = function (topic, text) {
      const turn = turns.get(this) ?? []
      if (turn.length === 0) {
        turns.set(this, turn)
        setTimeout(() => {
          for (const publishNow of turn.splice(0).reverse()) publishNow()
        }, EARLY)
      }
      turn.push(() => void publish.call(this, topic, text))
      return 1
    }
  },
}

const plantHere = plant[mutant] ?? plantInWorker
plantHere()
await import('../server.ts')
