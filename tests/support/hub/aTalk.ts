import type { Position } from '../../../src/shared/model.ts'
import { aHub, settled, type Screen, type World } from './aHub.ts'

const UNLIMITED = { sends: { perSecond: 1e6, burst: 1e6 } }

/** Ada in a lobby where `count` messages were said, and the position of each. */
export async function aTalk(count: number, world: World = {}) {
  const here = await aHub({ limits: UNLIMITED, ...world })
  const ada = await here.guest('Ada', ['lobby'])
  await here.pass(1)
  for (let n = 1; n <= count; n += 1) {
    ada.say({ type: 'send', nonce: `nonce-0${n}`, room: 'lobby', text: `text ${n}` })
    if (n % 50 === 0) await settled()
  }
  await settled()
  const events = await here.store.events('lobby', 0, count)
  const at = (seq: number): Position => ({ seq, id: events[seq - 1]?.id ?? null })
  /** Somebody new who says hello from this position in the lobby. */
  const back = async (position: Position): Promise<Screen> => {
    const bob = here.connect(await here.hub.sessions.signUp('Bob', 'session of Bob'))
    await bob.member(['lobby'])
    bob.say({ type: 'hello', state: 'active', rooms: [{ room: 'lobby', ...position }] })
    await settled()
    return bob
  }
  return { ...here, ada, at, back }
}

/** The seqs of all messages and events that its pages brought. */
export const seqs = ({ connection }: Screen) =>
  connection
    .all('sync')
    .flatMap(({ messages = [], events }) => [...messages, ...events].map(({ seq }) => seq))
export const seqRange = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, i) => first + i)
