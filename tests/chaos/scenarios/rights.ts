import { Line, openLines } from '../network/line.ts'
import { CHAOS } from '../network/proxy.ts'
import type { Findings } from '../scenario.ts'
import { guest } from '../serverProcess.ts'
import { conclude, scenario, until } from '../world.ts'

/** ms until an ended session has lost its sockets */
const MAX_END = 1_000

/** R16: what is forbidden stays forbidden under load. The removed member waits for rooms that remove. */
export const rights = scenario(
  {
    id: 'R16',
    title: 'foreign Origin, ended session, another person’s nonce, under load',
    short: 6,
    long: 120,
  },
  () => ({ minimal: 20, product: 20, weather: CHAOS }),
  async (world, findings, { seconds }) => {
    const { port } = world.server
    let rounds = 0
    let slowest = 0
    const end = Date.now() + seconds * 1_000
    const talking = world.talk(4, end)
    while (Date.now() < end - 1_000) {
      rounds += 1
      await foreignOrigin(port, `foreign ${rounds}`, findings)
      slowest = Math.max(slowest, await endedSession(port, `ended ${rounds}`, findings))
      await copiedNonce(port, rounds, findings)
      await Bun.sleep(300)
    }
    findings.atMost('an ended session kept its sockets, ms', slowest, MAX_END)
    await talking
    await conclude(world, findings, 30_000)
    return { figures: { rounds } }
  },
)

async function foreignOrigin(port: number, name: string, findings: Findings): Promise<void> {
  const headers = {
    cookie: await guest(port, name),
    origin: 'https://evil.example',
    upgrade: 'websocket',
    connection: 'Upgrade',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
    'sec-websocket-version': '13',
  }
  const { status } = await fetch(`http://127.0.0.1:${port}/ws?v=2`, { headers })
  findings.expect(status === 403, `a foreign Origin was answered with ${status}`)
}

/** A person with three sockets signs out. @returns ms until all are closed */
async function endedSession(port: number, name: string, findings: Findings): Promise<number> {
  const cookie = await guest(port, name)
  const lines = await openLines(port, [cookie, cookie, cookie])
  const began = Date.now()
  const headers = { cookie, origin: `http://127.0.0.1:${port}`, 'content-type': 'application/json' }
  await fetch(`http://127.0.0.1:${port}/api/session`, { method: 'DELETE', headers })
  await until(() => lines.every(({ code }) => code !== null), 5_000)
  const codes = lines.map(({ code }) => code).join(' ')
  findings.expect(codes === '4501 4501 4501', `sockets of an ended session: ${codes}`)
  return Date.now() - began
}

/** Eve sends under a nonce that she has heard from Ada: it is a message of her own. */
async function copiedNonce(port: number, round: number, findings: Findings): Promise<void> {
  const acks: { seq: number; duplicate?: true }[] = []
  for (const name of ['ada', 'eve']) {
    const line = new Line(port, await guest(port, `${name} ${round}`), ['lobby'], (frame) => {
      if (frame.type === 'ack') acks.push(frame)
    })
    await line.live()
    const before = acks.length
    line.say({
      type: 'send',
      nonce: `heard-by-all-${round}`,
      room: 'lobby',
      text: `${name} in round ${round}`,
    })
    await until(() => acks.length > before, 5_000)
    line.end()
  }
  const [ada, eve] = acks
  const isRight = ada !== undefined && eve !== undefined && !eve.duplicate && eve.seq > ada.seq
  findings.expect(isRight, `another person’s nonce: ${JSON.stringify(acks)}`)
}
