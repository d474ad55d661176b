import { connect } from 'node:net'
import { eventually } from '../eventually.ts'

/** A connection by hand, for what no proper client would do. */
export interface RawSocket {
  /** everything that came, as Latin-1 */
  text(): string
  bytes(): Buffer
  /** the end of it, at most so many bytes and a chunk */
  last(most: number): string
  readonly closed: boolean
  /** how often something came */
  readonly reads: number
  /** the close code the server sent, if it sent one */
  code(): number | undefined
  write(data: string | Uint8Array): void
  /** stops reading until it is told to go on: a frozen client */
  pause(): void
  resume(): void
  end(): void
}

/** One frame of a client, masked. @param first FIN and opcode, 0x81 is a whole text */
export function clientFrame(first: number, payload: string | Uint8Array, masked = true): Uint8Array {
  const data = Buffer.from(payload)
  const length =
    data.length < 126
      ? [data.length]
      : data.length < 65_536
        ? [126, data.length >> 8, data.length & 0xff]
        : [
            127,
            0,
            0,
            0,
            0,
            data.length >>> 24,
            (data.length >> 16) & 0xff,
            (data.length >> 8) & 0xff,
            data.length & 0xff,
          ]
  length[0] = (length[0] ?? 0) | (masked ? 0x80 : 0)
  const mask = masked ? [0x11, 0x22, 0x33, 0x44] : []
  const body = masked ? data.map((byte, at) => byte ^ (mask[at % 4] ?? 0)) : data
  return Buffer.concat([Buffer.from([first, ...length, ...mask]), body])
}

/** A TCP connection that writes `request` at once. */
export function rawConnection(port: number, request = ''): RawSocket {
  const chunks: Buffer[] = []
  let closed = false
  const socket = connect(port, '127.0.0.1', () => {
    if (request !== '') socket.write(request)
  })
  socket.on('data', (chunk) => chunks.push(Buffer.from(chunk)))
  socket.on('close', () => {
    closed = true
  })
  socket.on('error', () => {
    closed = true
  })
  const bytes = () => Buffer.concat(chunks)
  return {
    bytes,
    text: () => bytes().toString('latin1'),
    last: (most) => {
      let from = chunks.length
      for (let length = 0; from > 0 && length < most; from -= 1) length += chunks[from - 1]?.length ?? 0
      return Buffer.concat(chunks.slice(from)).toString('latin1')
    },
    get closed() {
      return closed
    },
    get reads() {
      return chunks.length
    },
    code: () =>
      serverFrames(bytes())
        .findLast((frame) => frame.opcode === 8)
        ?.payload.readUInt16BE(0),
    write: (data) => {
      socket.write(data)
    },
    pause: () => {
      socket.pause()
    },
    resume: () => {
      socket.resume()
    },
    end: () => {
      socket.destroy()
    },
  }
}

/** A WebSocket by hand, past its handshake. */
export async function rawSocket(
  port: number,
  path = '/ws',
  headers: readonly string[] = [],
): Promise<RawSocket> {
  const lines = [
    `GET ${path} HTTP/1.1`,
    `Host: localhost:${port}`,
    'Upgrade: websocket',
    'Connection: Upgrade',
  ]
  const key = ['Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==', 'Sec-WebSocket-Version: 13']
  const socket = rawConnection(port, [...lines, ...key, ...headers, '', ''].join('\r\n'))
  await eventually(
    'the upgrade',
    () => socket.text().startsWith('HTTP/1.1 101') && socket.text().includes('\r\n\r\n'),
  )
  return socket
}

/** What a server sent after its handshake, as whole frames. */
export function serverFrames(bytes: Buffer): { opcode: number; payload: Buffer }[] {
  const frames: { opcode: number; payload: Buffer }[] = []
  let at = bytes.indexOf('\r\n\r\n') + 4
  while (at + 2 <= bytes.length) {
    const short = (bytes[at + 1] ?? 0) & 0x7f
    const from = at + (short < 126 ? 2 : short === 126 ? 4 : 10)
    if (from > bytes.length) break
    const length =
      short < 126 ? short : short === 126 ? bytes.readUInt16BE(at + 2) : Number(bytes.readBigUInt64BE(at + 2))
    if (from + length > bytes.length) break
    frames.push({ opcode: (bytes[at] ?? 0) & 0x0f, payload: bytes.subarray(from, from + length) })
    at = from + length
  }
  return frames
}
