/** People who each send four messages a second, in a thread of their own, so the attacker's work does not delay them. */
import { PROTOCOL_VERSION } from '../../../src/shared/limits.ts'

/** First where to speak and the tokens to speak with, then `count` for the times since the last `count`. */
export type ToSpeakers = { origin: string; tokens: readonly string[] } | 'count'
/** `times`: ms from a message to its ack */
export type FromSpeakers = 'ready' | { times: number[] }

/** ms between two messages of one person */
const EVERY = 250
/** ms to wait for the last acks */
const PATIENCE = 15_000

/** The worker's scope; the tests' types are those of the DOM. */
const thread = globalThis as unknown as {
  onmessage: (event: { data: ToSpeakers }) => void
  postMessage(message: FromSpeakers): void
}
let times: number[] = []
/** messages without an ack: nonce → when it was sent */
const pending = new Map<string, number>()

thread.onmessage = ({ data }) => {
  if (data === 'count') return void count()
  void Promise.all(data.tokens.map((token, at) => enter(data.origin, token, at))).then(begin)
}

/** Answers once everything sent so far has its ack. A message without one counts with the time it has waited. */
async function count(): Promise<void> {
  const [asked, sent] = [performance.now(), [...pending.keys()]]
  while (sent.some((nonce) => pending.has(nonce)) && performance.now() - asked < PATIENCE) await Bun.sleep(5)
  for (const nonce of sent) acknowledge(nonce)
  thread.postMessage({ times })
  times = []
}

function acknowledge(nonce: string): void {
  const sent = pending.get(nonce)
  if (pending.delete(nonce) && sent !== undefined) times.push(performance.now() - sent)
}

async function enter(origin: string, token: string, at: number): Promise<WebSocket> {
  const headers = { authorization: `Bearer ${token}`, 'x-forwarded-for': `192.0.2.${at}` }
  const url = `${origin.replace('http', 'ws')}/ws?v=${PROTOCOL_VERSION}`
  // Bun's WebSocket takes headers, the DOM's type does not.
  const socket = new WebSocket(url, { headers } as unknown as string[])
  const { promise, resolve, reject } = Promise.withResolvers<WebSocket>()
  socket.onopen = () => {
    socket.send('{"type":"hello","rooms":[],"state":"active"}')
    socket.send('{"type":"join","ref":"r","room":"lobby"}')
  }
  socket.onmessage = ({ data }) => {
    const { type, nonce } = JSON.parse(String(data)) as { type: string; nonce?: string }
    if (type === 'beat') socket.send('{"type":"beat"}')
    if (type === 'sync') resolve(socket)
    if ((type === 'ack' || type === 'error') && nonce !== undefined) acknowledge(nonce)
  }
  socket.onclose = ({ code }) => reject(new Error(`closed ${code}`))
  return promise
}

function begin(sockets: readonly WebSocket[]): void {
  let sent = 0
  const speak = (socket: WebSocket) => {
    const nonce = `spoken-${(sent += 1)}`
    const text = `so what do you think of number ${sent}?`
    pending.set(nonce, performance.now())
    socket.send(JSON.stringify({ type: 'send', nonce, room: 'lobby', text }))
  }
  for (const [at, socket] of sockets.entries())
    setTimeout(() => setInterval(() => speak(socket), EVERY), (EVERY * at) / sockets.length)
  thread.postMessage('ready')
}
