import { createSocket, type Socket, type Wire } from '../../../src/client/net/socket.ts'
import type { ConnectionState } from '../../../src/client/state/state.ts'
import type { ClientFrame, ServerFrame } from '../../../src/shared/protocol.ts'
import { welcome } from './aState.ts'
import { fakeTime } from './fakeTime.ts'

export const hello: ClientFrame = { type: 'hello', rooms: [], state: 'active' }

/** One side of a socket that the test holds in its hands. */
export class FakeWire implements Wire {
  onopen: Wire['onopen'] = null
  onmessage: Wire['onmessage'] = null
  onclose: Wire['onclose'] = null
  readonly sent: ClientFrame[] = []
  closed = false

  send(text: string): void {
    this.sent.push(JSON.parse(text) as ClientFrame)
  }
  close(): void {
    this.closed = true
  }
  open(): void {
    this.onopen?.(undefined as never)
  }
  say(frame: ServerFrame): void {
    this.onmessage?.({ data: JSON.stringify(frame) })
  }
  end(code: number): void {
    this.onclose?.({ code })
  }
}

interface SocketSettings {
  random?: number
  hidden?: boolean
  session?: 'yes' | 'no' | 'unknown'
}

/** A socket in a world of its own: `wires` are its attempts, `links` what it told. */
export function aSocket({ random = 0.5, hidden = false, session = 'yes' }: SocketSettings = {}) {
  const time = fakeTime()
  const world = { random, hidden, session, refuse: false, me: welcome.user.id }
  const became: string[] = []
  const wires: FakeWire[] = []
  const links: ConnectionState[] = []
  const heard: ServerFrame[] = []
  const closes: number[] = []
  let backs = 0
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
      signedInAs: (user) => became.push(user.id),
    },
    {
      firstFrames: () => [hello],
      received: (frame) => heard.push(frame),
      stateChanged: (link) => links.push(link),
      proven: () => (backs += 1),
      closed: (code) => closes.push(code),
    },
  )
  const it = {
    socket,
    time,
    world,
    wires,
    links,
    heard,
    closes,
    became,
    get backs() {
      return backs
    },
    get wire(): FakeWire {
      const wire = wires.at(-1)
      if (wire === undefined) throw new TypeError('no attempt was made')
      return wire
    },
    get state() {
      return links.at(-1)?.state
    },
    live() {
      if (wires.length === 0) socket.start()
      it.wire.open()
      it.wire.say(welcome)
      return it
    },
    /** How long (ms) it waits now. */
    get wait(): number {
      const link = links.at(-1)
      if (link?.state !== 'waiting') throw new TypeError(`it does not wait, it is ${link?.state}`)
      return link.until - time.now()
    },
  }
  return it
}
