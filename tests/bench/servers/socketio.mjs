/** A chat as in the documentation of Socket.IO. Arguments: the port, a package.json that has `socket.io`. */
import { createServer } from 'node:http'
import { createRequire } from 'node:module'

const [, , port, packages] = process.argv
const { Server } = createRequire(packages)('socket.io')

let count = 0
const http = createServer()
const io = new Server(http, { transports: ['websocket'], perMessageDeflate: false })
io.on('connection', (socket) => {
  const { room } = socket.handshake.query
  socket.join(room)
  socket.on('msg', ({ text }) => {
    count += 1
    io.to(room).emit('msg', { id: count, at: Date.now(), name: 'Ada', text })
  })
})
http.listen({ port: Number(port), host: '127.0.0.1', backlog: 4096 })
