import { afterAll, expect, test } from 'bun:test'
import { REASONS } from '../../src/shared/errors.ts'
import { anApp } from '../support/client/anApp.ts'

const apps: Awaited<ReturnType<typeof anApp>>[] = []
afterAll(() => Promise.all(apps.map((app) => app.stop())))
async function running(options: Parameters<typeof anApp>[0] = {}) {
  const app = await anApp(options)
  apps.push(app)
  const headers = { origin: app.origin, 'content-type': 'application/json' }
  const signUp = (name: string, address = '203.0.113.9') =>
    fetch(`${app.origin}/api/session`, {
      method: 'POST',
      headers: { ...headers, 'x-forwarded-for': address },
      body: JSON.stringify({ name }),
    })
  return { ...app, signUp }
}
interface Refusal {
  code: string
  message: string
  reason?: string
  suggestion?: string
  after?: number
}
const errorOf = async (answer: Response) => ((await answer.json()) as { error: Refusal }).error

/** A name for each thing that can be wrong with one. */
const NAMES = {
  empty: '…',
  long: 'x'.repeat(61),
  characters: 'a\u202eb',
  marks: 'a\u0301\u0301\u0301',
  mixed: 'аdmin',
  reserved: 'admin',
} as const satisfies Record<(typeof REASONS.nameInvalid)[number], string>

test.each(REASONS.nameInvalid)(
  '[I9] a name is refused with the reason %s, as a new one too',
  async (reason) => {
    const { guest, signUp } = await running()
    const refused = await signUp(NAMES[reason])
    expect([refused.status, await errorOf(refused)]).toMatchObject([422, { code: 'nameInvalid', reason }])
    const ada = await guest('Ada')
    const kept = await ada.ask('/api/session', { method: 'PATCH', body: { name: NAMES[reason] } })
    expect([kept.status, await errorOf(kept)]).toMatchObject([422, { code: 'nameInvalid', reason }])
  },
)

test.each(REASONS.roomInvalid)('[M34] a room is refused with the reason %s', async (reason) => {
  const { guest } = await running()
  const ada = await guest('Ada')
  const body = reason === 'kind' ? { name: 'Den', kind: 'private' } : { name: NAMES[reason] }
  const refused = await ada.ask('/api/rooms', { method: 'POST', body })
  expect([refused.status, await errorOf(refused)]).toMatchObject([422, { code: 'roomInvalid', reason }])
})

test('[M34] a topic that is too long is refused with the reason topic, of a new room and of an old one', async () => {
  const { guest } = await running()
  const ada = await guest('Ada')
  const topic = 'x'.repeat(251)
  const [reason] = REASONS.tooBig
  const refused = [
    await ada.ask('/api/rooms', { method: 'POST', body: { name: 'Den', topic } }),
    await ada
      .ask('/api/rooms', { method: 'POST', body: { name: 'Den' } })
      .then(() => ada.ask('/api/rooms/den', { method: 'PATCH', body: { topic } })),
  ]
  for (const answer of refused)
    expect([answer.status, await errorOf(answer)]).toMatchObject([413, { code: 'tooBig', reason }])
})

test('[S29] too many new guests are told the reason newGuests, and how long to wait', async () => {
  const { signUp } = await running({ trustProxy: 1, maxNewGuestsPerAddress: 2 })
  expect((await signUp('Ada')).status).toBe(201)
  const refused = await signUp('Bob')
  expect([refused.status, await errorOf(refused)]).toEqual([
    429,
    {
      code: 'rateLimited',
      message: 'Too many new names from your network. Try again later.',
      reason: REASONS.rateLimited[0],
      after: 1_800_000,
    },
  ])
  expect(refused.headers.get('retry-after')).toBe('1800')
})

test('[S29] too many requests of one person are told how long (ms) to wait', async () => {
  const { guest } = await running()
  const ada = await guest('Ada')
  let answer = await ada.ask('/api/rooms')
  while (answer.status === 200) answer = await ada.ask('/api/rooms')
  expect(await errorOf(answer)).toEqual({ code: 'rateLimited', message: 'Too fast.', after: 1_000 })
  expect(answer.headers.get('retry-after')).toBe('1')
})
