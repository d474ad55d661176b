import type { Wire } from '../../../src/client/net/socket.ts'
import type { ClientFrame, ClientFrameOf, ServerFrame } from '../../../src/shared/protocol.ts'

/** One attempt to connect, whose server side the test plays. */
export class FakeWire implements Wire {
  onopen: Wire['onopen'] = null
  onmessage: Wire['onmessage'] = null
  onclose: Wire['onclose'] = null
  readonly sent: ClientFrame[] = []
  closed = false
  readonly #received: (frame: ClientFrame) => void

  constructor(received: (frame: ClientFrame) => void = () => {}) {
    this.#received = received
  }

  send(text: string): void {
    const frame = JSON.parse(text) as ClientFrame
    this.sent.push(frame)
    this.#received(frame)
  }
  close(): void {
    this.closed = true
  }

  /** The server accepts, speaks, and closes. */
  open(): void {
    this.onopen?.(undefined as never)
  }
  say(...frames: ServerFrame[]): void {
    for (const frame of frames) this.onmessage?.({ data: JSON.stringify(frame) })
  }
  end(code: number): void {
    this.onclose?.({ code })
  }

  all<T extends ClientFrame['type']>(type: T): ClientFrameOf<T>[] {
    return this.sent.filter((frame): frame is ClientFrameOf<T> => frame.type === type)
  }
}

/** The latest of several attempts. @throws if there is none */
export function latest(wires: readonly FakeWire[]): FakeWire {
  const wire = wires.at(-1)
  if (wire === undefined) throw new TypeError('no attempt was made')
  return wire
}
