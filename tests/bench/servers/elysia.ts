/** A chat as in Elysia's documentation: a schema, JSON, a topic for each room, the last 20 messages. Argument: the port. */
import { Elysia, t } from 'elysia'

let count = 0
const last: string[] = []
const app = new Elysia()
  .ws('/ws', {
    query: t.Object({ room: t.String() }),
    body: t.Object({ text: t.String() }),
    open: (socket) => void socket.subscribe(socket.data.query.room),
    message(socket, { text }) {
      count += 1
      const frame = JSON.stringify({ type: 'msg', id: count, at: Date.now(), name: 'Ada', text })
      last.push(frame)
      if (last.length > 20) last.shift()
      app.server?.publish(socket.data.query.room, frame)
    },
  })
  .listen({ port: Number(Bun.argv[2]), hostname: '127.0.0.1' })
