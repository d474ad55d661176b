/** The floor: raw Bun that publishes each frame as it came and forgets it. Argument: the port. */
const server = Bun.serve<{ room: string }>({
  port: Number(Bun.argv[2]),
  hostname: '127.0.0.1',
  fetch(request, listening) {
    const room = new URL(request.url).searchParams.get('room') ?? '0'
    return listening.upgrade(request, { data: { room } }) ? undefined : new Response('no', { status: 400 })
  },
  websocket: {
    open: (socket) => void socket.subscribe(socket.data.room),
    message: (socket, frame) => void server.publish(socket.data.room, frame),
  },
})
