import { expect, test } from 'bun:test'
import { ExpiryClock } from '../../src/hub/expiryClock.ts'
import type { ClockRecord } from '../../src/hub/ports.ts'
import { fakeClock } from '../support/fakeClock.ts'
import { aHub, refusal, settled } from '../support/hub/aHub.ts'
import { testStore } from '../support/hub/testStore.ts'

const HOUR = 60 * 60 * 1_000
const DAY = 24 * HOUR
const YEARS = 2 * 365 * DAY

/** An expiry clock over a clock of a test, with what it logs and keeps. */
function anExpiryClock(last?: ClockRecord, clock = fakeClock()) {
  const logged: unknown[] = []
  const kept: ClockRecord[] = []
  const log = {
    error: () => {},
    warn: (_: string, fields?: Record<string, number | string>) => void logged.push(fields?.['days']),
    info: (what: string) => void logged.push(what),
  }
  const expiry = new ExpiryClock({ clock, log, last: last ?? null, save: (record) => void kept.push(record) })
  /** Hours pass, with a look at the clock in each. */
  const pass = (hours: number) => {
    for (let hour = 0; hour < hours; hour += 1) {
      clock.pass(HOUR)
      expiry.now()
    }
  }
  const jump = (ms: number) => {
    clock.set(ms)
    expiry.now()
  }
  return { clock, expiry, pass, jump, logged, kept, isInDoubt: () => expiry.now() === 0 }
}
const recordOf = (at: number): ClockRecord => ({ at, ahead: 0, waited: 0 })

test.each([
  ['far ahead of the last sign of use', -YEARS, true],
  ['more than a day ahead of it', -DAY - 1, true],
  ['a day ahead of it', -DAY, false],
  ['at it', 0, false],
  ['a day behind it', DAY, false],
  ['far behind it', YEARS, true],
])('[O43] a clock that starts %s is in doubt: %p %p', (_what, lastSeen, doubted) => {
  const { clock, isInDoubt, logged } = anExpiryClock(recordOf(fakeClock().now() + lastSeen))
  expect([isInDoubt(), logged.length]).toEqual([doubted, doubted ? 1 : 0])
  if (!doubted) expect(anExpiryClock().expiry.now()).toBe(clock.now())
})

test.each([YEARS, DAY + 1, -DAY - 1, -YEARS])(
  '[O43] a jump of %p ms while running is warned of once, and believed after a day in which it lasts',
  (jump) => {
    const { clock, isInDoubt, pass, logged } = anExpiryClock()
    pass(50)
    expect(isInDoubt()).toBe(false)
    clock.set(jump)
    expect(isInDoubt()).toBe(true)
    pass(23)
    expect([isInDoubt(), logged]).toEqual([true, [Math.round(jump / DAY)]])
    pass(1)
    expect([isInDoubt(), logged.at(-1)]).toEqual([false, 'the clock is credible again'])
    pass(50)
    expect(isInDoubt()).toBe(false)
  },
)

test('[O43] a clock that is set right is believed at once; one that jumps again waits another day', () => {
  const { jump, clock, isInDoubt, pass } = anExpiryClock()
  jump(YEARS)
  pass(20)
  clock.set(-YEARS)
  expect(isInDoubt()).toBe(false)
  jump(YEARS)
  pass(20)
  jump(YEARS)
  pass(20)
  expect(isInDoubt()).toBe(true)
  pass(4)
  expect(isInDoubt()).toBe(false)
})

test('[O43] a restart keeps the doubt and the time that it has lasted', () => {
  const first = anExpiryClock()
  first.jump(YEARS)
  first.pass(10)
  const second = anExpiryClock(first.kept.at(-1), first.clock)
  second.pass(13)
  expect(second.isInDoubt()).toBe(true)
  second.pass(1)
  expect(second.isInDoubt()).toBe(false)
  expect(anExpiryClock(second.kept.at(-1), first.clock).isInDoubt()).toBe(false)
})

test('[O43] a jump purges no message, ends no session and frees no name, also one held after a rename', async () => {
  const store = testStore()
  const { hub, clock, guest, log } = await aHub({ store, retentionDays: 30 })
  const ada = await guest('Ada', ['lobby'])
  await ada.send('said before')
  await hub.sessions.signUp('Silent', 'session of Silent')
  const bob = await hub.sessions.signUp('Bob', 'session of Bob')
  await hub.sessions.names.rename(bob, 'Rob')
  clock.set(YEARS)
  clock.pass(HOUR)
  hub.tick()
  await settled()
  expect(await store.room('lobby')).toMatchObject({ floor: 1 })
  for (const name of ['Ada', 'Silent', 'Bob', 'Rob'])
    expect(await refusal(hub.sessions.signUp(name, 'another'))).toMatchObject({ code: 'nameTaken' })
  for (const name of ['Ada', 'Silent', 'Bob'])
    expect(await hub.sessions.whoIs(`session of ${name}`)).not.toBe(null)
  // No use is recorded under a time that may be wrong.
  expect((await store.session('session of Ada'))?.seen).toBe(clock.now() - YEARS - HOUR)
  expect(log.errors).toEqual([])

  for (let hour = 0; hour < 25; hour += 1) {
    clock.pass(HOUR)
    hub.tick()
    await settled()
  }
  expect(await store.room('lobby')).toMatchObject({ floor: 2 })
})
