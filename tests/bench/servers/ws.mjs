/** A chat as in the documentation of `ws`: a loop over the clients. Arguments: the port, a package.json that has `ws`. */
import { createRequire } from 'node:module'

const [, , port, packages] = process.argv
const { WebSocketServer } = createRequire(packages)('ws')

const rooms = new Map()
let count = 0
const server = new WebSocketServer({
  port: Number(port),
  host: '127.0.0.1',
  perMessageDeflate: false,
  backlog: 4096,
})
server.on('connection', (socket, request) => {
  const room = new URL(request.url, 'http://127.0.0.1').searchParams.get('room')
  const here = rooms.get(room) ?? new Set()
  rooms.set(room, here.add(socket))
  socket.on('error', () => {})
  socket.on('close', () => here.delete(socket))
  socket.on('message', (frame) => {
    const { text } = JSON.parse(frame)
    count += 1
    const event = JSON.stringify({ type: 'msg', id: count, at: Date.now(), name: 'Ada', text })
    for (const client of here) if (client.readyState === 1) client.send(event)
  })
})
