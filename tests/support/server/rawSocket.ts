import { connect } from 'node:net'
import { eventually } from '../eventually.ts'

/** A connection written byte by byte, for requests that no proper client makes. */
export type RawSocket = ReturnType<typeof rawConnection>

/** A client's frame, masked. @param first FIN and opcode: 0x81 is a whole text */
export function clientFrame(first: number, payload: string | Uint8Array, masked = true): Uint8Array {
  const data = Buffer.from(payload)
  const size = Buffer.alloc(data.length < 126 ? 1 : data.length < 65_536 ? 3 : 9, data.length)
  if (size.length === 3) size.writeUInt16BE(data.length, size.writeUInt8(126))
  if (size.length === 9) size.writeBigUInt64BE(BigInt(data.length), size.writeUInt8(127))
  if (!masked) return Buffer.concat([Buffer.from([first]), size, data])
  size.writeUInt8(size.readUInt8() | 0x80)
  const mask = Buffer.from([0x11, 0x22, 0x33, 0x44])
  const body = data.map((byte, at) => byte ^ (mask[at % 4] ?? 0))
  return Buffer.concat([Buffer.from([first]), size, mask, body])
}

/** A TCP connection that writes `request` at once. */
export function rawConnection(port: number, request = '') {
  const chunks: Buffer[] = []
  let closed = false
  const socket = connect(port, '127.0.0.1', () => socket.write(request))
  socket.on('data', (chunk) => chunks.push(Buffer.from(chunk)))
  for (const end of ['close', 'error']) socket.on(end, () => (closed = true))
  const bytes = () => Buffer.concat(chunks)
  return {
    bytes,
    /** everything received, as Latin-1 */
    text: () => bytes().toString('latin1'),
    /** the newest bytes received, about `length` of them, as Latin-1 */
    last(length: number): string {
      let from = chunks.length
      for (let left = length; from > 0 && left > 0; from -= 1) left -= chunks[from - 1]?.length ?? 0
      return Buffer.concat(chunks.slice(from)).toString('latin1')
    },
    get closed() {
      return closed
    },
    /** the close code that the server sent, if any */
    code: () =>
      serverFrames(bytes())
        .findLast(({ opcode }) => opcode === 8)
        ?.payload.readUInt16BE(0),
    write: (data: string | Uint8Array) => void socket.write(data),
    /** stops reading until `resume`, like a frozen client */
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    end: () => void socket.destroy(),
  }
}

/** The headers that make a GET a WebSocket handshake. */
export const HANDSHAKE = {
  upgrade: 'websocket',
  connection: 'Upgrade',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
  'sec-websocket-version': '13',
}

/** A WebSocket written byte by byte, past its handshake. */
export async function rawSocket(port: number, headers: Record<string, string>) {
  const all = Object.entries({ Host: `localhost:${port}`, ...HANDSHAKE, ...headers })
  const lines = all.map(([name, value]) => `${name}: ${value}`)
  const socket = rawConnection(port, ['GET /ws?v=2 HTTP/1.1', ...lines, '', ''].join('\r\n'))
  const isOpen = () => socket.text().startsWith('HTTP/1.1 101') && socket.text().includes('\r\n\r\n')
  await eventually('the upgrade', isOpen)
  return socket
}

/** The whole frames that a server sent after its handshake. */
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
