import { Line } from '../network/line.ts'
import { CHAOS } from '../network/proxy.ts'
import { Findings, type Scenario } from '../scenario.ts'
import { guest } from '../serverProcess.ts'
import { until, world } from '../world.ts'

/** ms within which an ended session must have lost its sockets */
const ENDS = 1_000

/** R16: who may not, does not, also under load. The removed member waits for rooms that remove. */
export const rights: Scenario = {
  id: 'R16',
  title: 'foreign Origin, ended session, somebody else’s nonce, under load',
  short: 6,
  long: 120,
  async play({ seed, seconds }) {
    const found = new Findings()
    const there = await world({ seed, rooms: ['lobby'], minimal: 20, product: 20, weather: CHAOS })
    const { port } = there.server
    let rounds = 0
    let slowest = 0
    try {
      const end = Date.now() + seconds * 1_000
      const talking = there.talk(4, end, ['lobby'])
      while (Date.now() < end - 1_000) {
        rounds += 1
        const refused = await handshake(port, await guest(port, `foreign ${rounds}`), 'https://evil.example')
        if (refused !== 403) found.add(`R16 a foreign Origin was answered with ${refused}`)
        const ended = await endedSession(port, `ended ${rounds}`)
        if (ended.codes.some((code) => code !== 4501))
          found.add(`R16 sockets of an ended session: ${ended.codes.join(' ')}`)
        slowest = Math.max(slowest, ended.ms)
        found.add(...(await copiedNonce(port, rounds)))
        await Bun.sleep(300)
      }
      found.atMost('R16 an ended session kept its sockets, ms', slowest, ENDS)
      await talking
      if ((await there.settle(30_000)) === null) found.add('R16 not everybody came to rest')
      found.add(...(await there.verdict()))
      return found.report(there.operations(), { rounds, 'ended session lost its sockets after, ms': slowest })
    } finally {
      await there.close()
    }
  },
}

async function handshake(port: number, cookie: string, origin: string): Promise<number> {
  const headers = {
    cookie,
    origin,
    upgrade: 'websocket',
    connection: 'Upgrade',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
    'sec-websocket-version': '13',
  }
  return (await fetch(`http://127.0.0.1:${port}/ws?v=2`, { headers })).status
}

/** Three sockets of one person, who signs out: the codes they were closed with, 0 where one was not. */
async function endedSession(port: number, name: string): Promise<{ codes: number[]; ms: number }> {
  const cookie = await guest(port, name)
  const lines = [0, 1, 2].map(() => new Line(port, cookie, ['lobby']))
  await Promise.all(lines.map((line) => line.live()))
  const began = Date.now()
  const headers = { cookie, origin: `http://127.0.0.1:${port}`, 'content-type': 'application/json' }
  await fetch(`http://127.0.0.1:${port}/api/session`, { method: 'DELETE', headers })
  await until(() => lines.every(({ code }) => code !== null), 5_000)
  return { codes: lines.map(({ code }) => code ?? 0), ms: Date.now() - began }
}

/** Eve sends under a nonce that she has heard from Ada: it is a message of hers, and Ada's is as it was. */
async function copiedNonce(port: number, round: number): Promise<string[]> {
  const nonce = `heard-by-all-${round}`
  const acks: { seq: number; duplicate?: true }[] = []
  for (const who of ['ada', 'eve']) {
    const line = new Line(port, await guest(port, `${who} ${round}`), ['lobby'], (frame) => {
      if (frame.type === 'ack') acks.push(frame)
    })
    await line.live()
    const before = acks.length
    line.say({ type: 'send', nonce, room: 'lobby', text: `${who} of round ${round}` })
    await until(() => acks.length > before, 5_000)
    line.end()
  }
  const [ada, eve] = acks
  const isRight = ada && eve && eve.duplicate === undefined && eve.seq > ada.seq
  return isRight ? [] : [`R16 a nonce of somebody else: ${JSON.stringify(acks)}`]
}
