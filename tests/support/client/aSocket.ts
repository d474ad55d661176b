import { createSocket, type Socket } from '../../../src/client/net/socket.ts'
import type { ConnectionState } from '../../../src/client/state/state.ts'
import type { ClientFrame, ServerFrame } from '../../../src/shared/protocol.ts'
import { welcome } from './aState.ts'
import { fakeTime } from './fakeTime.ts'
import { FakeWire, latest } from './fakeWire.ts'

export const hello: ClientFrame = { type: 'hello', rooms: [], state: 'active' }

interface SocketSettings {
  random?: number
  hidden?: boolean
  session?: 'yes' | 'no' | 'unknown'
}

/** The client's socket with a fake clock. `wires`: its attempts; `states`: what it reported; `provenCount`: calls of `proven`. */
export function aSocket({ random = 0.5, hidden = false, session = 'yes' }: SocketSettings = {}) {
  const time = fakeTime()
  const world = { random, hidden, session, refuse: false, me: welcome.user.id }
  const newUsers: string[] = []
  const wires: FakeWire[] = []
  const states: ConnectionState[] = []
  const received: ServerFrame[] = []
  const closes: number[] = []
  let provenCount = 0
  const socket: Socket = createSocket(
    {
      open() {
        if (world.refuse) throw new TypeError('refused')
        const wire = new FakeWire()
        wires.push(wire)
        return wire
      },
      now: () => time.now(),
      after: (ms, run) => time.after(ms, run),
      random: () => world.random,
      isHidden: () => world.hidden,
      hasSession: async () => world.session,
      userId: () => world.me,
      signedInAs: (user) => newUsers.push(user.id),
    },
    {
      firstFrames: () => [hello],
      received: (frame) => received.push(frame),
      stateChanged: (connection) => states.push(connection),
      proven: () => (provenCount += 1),
      closed: (code) => closes.push(code),
    },
  )
  const page = {
    socket,
    time,
    world,
    wires,
    states,
    received,
    closes,
    newUsers,
    get provenCount() {
      return provenCount
    },
    get wire(): FakeWire {
      return latest(wires)
    },
    get state() {
      return states.at(-1)?.state
    },
    live() {
      if (wires.length === 0) socket.start()
      page.wire.open()
      page.wire.say(welcome)
      return page
    },
    /** ms until the next attempt */
    get wait(): number {
      const connection = states.at(-1)
      if (connection?.state !== 'waiting') throw new TypeError(`not waiting but ${connection?.state}`)
      return connection.until - time.now()
    },
  }
  return page
}
