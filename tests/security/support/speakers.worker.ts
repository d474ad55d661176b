/**
 * Some people who each say something four times a second, in a thread of their own: what an attacker's side is busy with beside
 * them does not make them late.
 */
import { PROTOCOL_VERSION } from '../../../src/shared/limits.ts'

export interface Speakers {
  /** `http://127.0.0.1:3000` */
  origin: string
  tokens: readonly string[]
}

/** What it is told, and what it says: `ready`, then for each `count` the ms from frame to ack since the last one. */
export type ToSpeakers = Speakers | 'count'
export type FromSpeakers = 'ready' | { times: number[] }

/** ms between two messages of one of them */
const EVERY = 250
/** ms for the last ack */
const PATIENCE = 15_000

/** Thread-wide: typed here, for the rest of the tests know the DOM's. */
const thread = globalThis as unknown as {
  onmessage: (event: { data: ToSpeakers }) => void
  postMessage(said: FromSpeakers): void
}
let times: number[] = []
/** what has no ack yet: nonce → when it was sent */
const under = new Map<string, number>()

thread.onmessage = ({ data }) => {
  if (data === 'count') return void count()
  void Promise.all(data.tokens.map((token, at) => come(data.origin, token, at))).then(begin)
}

/** Once all that was sent until now is answered, or has waited long enough to say so. */
async function count(): Promise<void> {
  const [asked, before] = [performance.now(), [...under.keys()]]
  while (before.some((nonce) => under.has(nonce)) && performance.now() - asked < PATIENCE) await Bun.sleep(5)
  const lost = before.flatMap((nonce) => under.get(nonce) ?? []).map((sent) => performance.now() - sent)
  for (const nonce of before) under.delete(nonce)
  thread.postMessage({ times: [...times, ...lost] })
  times = []
}

async function come(origin: string, token: string, at: number): Promise<WebSocket> {
  const headers = { authorization: `Bearer ${token}`, 'x-forwarded-for': `192.0.2.${at}` }
  // Bun's own; the DOM's type has no headers
  const socket = new WebSocket(`${origin.replace('http', 'ws')}/ws?v=${PROTOCOL_VERSION}`, {
    headers,
  } as unknown as string[])
  const { promise, resolve, reject } = Promise.withResolvers<WebSocket>()
  socket.onopen = () => {
    socket.send('{"type":"hello","rooms":[],"state":"active"}')
    socket.send('{"type":"join","ref":"r","room":"lobby"}')
  }
  socket.onmessage = ({ data }) => {
    const text = String(data)
    if (text.startsWith('{"type":"beat"')) socket.send('{"type":"beat"}')
    if (text.startsWith('{"type":"sync"')) resolve(socket)
    if (!text.startsWith('{"type":"ack"') && !text.startsWith('{"type":"error"')) return
    const { nonce = '' } = JSON.parse(text) as { nonce?: string }
    const sent = under.get(nonce)
    under.delete(nonce)
    if (sent !== undefined) times.push(performance.now() - sent)
  }
  socket.onclose = ({ code }) => reject(new Error(`closed ${code}`))
  return promise
}

function begin(sockets: readonly WebSocket[]): void {
  let said = 0
  for (const [at, socket] of sockets.entries())
    setTimeout(() => setInterval(() => say(socket, (said += 1)), EVERY), (EVERY * at) / sockets.length)
  thread.postMessage('ready')
}

function say(socket: WebSocket, at: number): void {
  const nonce = `spoken-${at}`
  under.set(nonce, performance.now())
  socket.send(
    `{"type":"send","nonce":"${nonce}","room":"lobby","text":"so what do you think of number ${at}?"}`,
  )
}
