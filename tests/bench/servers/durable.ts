/**
 * The durable floor: as `bun.ts`, but each frame is in SQLite and on disk before anybody gets it. One batch at a time, in a
 * Worker; one row for each frame, no index, nothing parsed, nothing checked. Arguments: the port, the database.
 */
import { Database } from 'bun:sqlite'

declare const self: Worker

interface Queued {
  room: string
  frame: string
}

if (Bun.isMainThread) {
  const writer = new Worker(import.meta.url, { smol: true, argv: [Bun.argv[3] ?? ''] })
  let waiting: Queued[] = []
  let flying: Queued[] = []
  const write = () => {
    flying = waiting
    waiting = []
    if (flying.length > 0) writer.postMessage(JSON.stringify(flying))
  }
  writer.onmessage = () => {
    for (const { room, frame } of flying) server.publish(room, frame)
    write()
  }
  const server = Bun.serve<{ room: string }>({
    port: Number(Bun.argv[2]),
    hostname: '127.0.0.1',
    fetch(request, listening) {
      const room = new URL(request.url).searchParams.get('room') ?? '0'
      return listening.upgrade(request, { data: { room } }) ? undefined : new Response('no', { status: 400 })
    },
    websocket: {
      open: (socket) => void socket.subscribe(socket.data.room),
      message: (socket, frame) => {
        waiting.push({ room: socket.data.room, frame: String(frame) })
        if (flying.length === 0) write()
      },
    },
  })
} else {
  const db = new Database(Bun.argv.at(-1))
  db.run('PRAGMA journal_mode = WAL')
  db.run('PRAGMA synchronous = FULL')
  db.run('CREATE TABLE said (seq INTEGER PRIMARY KEY, room TEXT, frame TEXT)')
  const insert = db.query('INSERT INTO said (room, frame) VALUES (?, ?)')
  const begin = db.query('BEGIN IMMEDIATE')
  const commit = db.query('COMMIT')
  self.onmessage = ({ data }: MessageEvent<string>) => {
    begin.run()
    for (const { room, frame } of JSON.parse(data) as Queued[]) insert.run(room, frame)
    commit.run()
    self.postMessage('')
  }
}
