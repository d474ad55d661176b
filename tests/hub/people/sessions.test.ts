import { expect, test } from 'bun:test'
import { aHub, aLobby, refusal, settled, type Client } from '../../support/hub/aHub.ts'

const DAY = 24 * 60 * 60 * 1000

test('[I5] signing up makes a guest, whom the session identifies from then on', async () => {
  const { hub } = await aHub()
  const ada = await hub.sessions.signUp('  Ada ', 'hash')
  expect(ada).toEqual({ id: ada.id, name: 'Ada', role: 'guest' })
  expect(await hub.sessions.whoIs('hash')).toEqual(ada)
  expect(await hub.sessions.whoIs('another')).toBe(null)
})

test('[I3] a name that is taken, or looks like a taken one, is refused with a free name', async () => {
  const { hub } = await aHub()
  const long = 'x'.repeat(24)
  for (const name of ['Ann', 'Ann2', long]) await hub.sessions.signUp(name, `session of ${name}`)
  for (const typed of ['Ann', 'ANN', 'A n n', 'Änn'])
    expect(await refusal(hub.sessions.signUp(typed, '3'))).toMatchObject({
      code: 'nameTaken',
      suggestion: `${typed}3`,
    })
  expect(await refusal(hub.sessions.signUp(long, '5'))).toMatchObject({ suggestion: `${'x'.repeat(23)}2` })
})

test('[I9] the free name beside a taken or reserved one is itself accepted, in any script', async () => {
  const { hub } = await aHub()
  let sessions = 0
  const signUp = (name: string) => hub.sessions.signUp(name, `session ${(sessions += 1)}`)
  // prettier-ignore
  const names = ['Ann', '2026', 'লক্ষ্মী', 'می\u200cخواهم', 'ന്\u200d', 'მარიამ', '김철수', '🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}', '❤️\u200d🔥'.repeat(9), 'क्ष्म्य'.repeat(6), 'म'.repeat(24), 'ж'.repeat(24), 'Ad']
  for (const name of names) {
    await signUp(name)
    for (let n = 0; n < 3; n += 1) {
      const { code, suggestion = '' } = await refusal(signUp(name))
      expect([name, code]).toEqual([name, 'nameTaken'])
      expect(await signUp(suggestion)).toMatchObject({ role: 'guest' })
    }
  }
  for (const name of ['admin', 'Hubbub', 'rnod']) {
    const { code, suggestion = '' } = await refusal(signUp(name))
    expect(code).toBe('nameInvalid')
    expect(await signUp(suggestion)).toMatchObject({ role: 'guest' })
  }
})

test('[I5] the name of a guest who never wrote is held for a day', async () => {
  const { hub, clock } = await aHub()
  await hub.sessions.signUp('Ann', '1')
  clock.pass(DAY)
  expect(await refusal(hub.sessions.signUp('Ann', '2'))).toMatchObject({ code: 'nameTaken' })
  clock.pass(1)
  await hub.sessions.signUp('Ann', '2')
  expect(await hub.sessions.whoIs('1')).toBe(null)
})

test('[I5] the name of a guest who wrote is held until their unused session ends', async () => {
  const { hub, clock, guest } = await aHub()
  const ann = await guest('Ann', ['lobby'])
  await ann.send('I was here')
  ann.connection.end()
  clock.pass(89 * DAY)
  expect(await refusal(hub.sessions.signUp('Ann', '2'))).toMatchObject({ code: 'nameTaken' })
  expect(await hub.sessions.whoIs('session of Ann')).toMatchObject({ name: 'Ann' })
  await settled()
  clock.pass(90 * DAY + 1)
  expect(await hub.sessions.whoIs('session of Ann')).toBe(null)
  await hub.sessions.signUp('Ann', '2')
})

test('[I5] the name of a guest who is online is held', async () => {
  const { hub, clock, guest } = await aHub()
  const ann = await guest('Ann')
  for (let minute = 0; minute < 30 * 60; minute += 1) {
    ann.say({ type: 'beat' })
    await settled()
    clock.pass(60_000)
    hub.tick()
  }
  expect(await refusal(hub.sessions.signUp('Ann', '2'))).toMatchObject({ code: 'nameTaken' })
})

test('[I7] a released name gives its new owner no past: messages stay with their author', async () => {
  const { hub, guest, connect } = await aHub()
  const ann = await guest('Ann', ['lobby'])
  await ann.send('mine')
  await hub.sessions.signOut('session of Ann')
  const other = connect(await hub.sessions.signUp('Ann', 'another session'), 'another session')
  await other.hello(['lobby'])
  expect(other.self.id).not.toBe(ann.self.id)
  const [row] = other.all('sync').flatMap(({ messages = [] }) => messages)
  expect(row?.user).toEqual({ id: ann.self.id, name: 'Ann' })
})

test('[I6] a person may rename once in 30 s and five times a day; the old name is held for a day', async () => {
  const { hub, clock } = await aHub()
  let ann = await hub.sessions.signUp('Ann', '1')
  const rename = async (name: string) => (ann = await hub.sessions.names.rename(ann, name))
  await rename('Anna')
  expect(await hub.sessions.whoIs('1')).toEqual({ id: ann.id, name: 'Anna', role: 'guest' })
  clock.pass(10_000)
  expect(await refusal(rename('Anne'))).toMatchObject({
    code: 'rateLimited',
    after: expect.closeTo(20_000, -1),
  })
  expect(await refusal(hub.sessions.signUp('Ann', '2'))).toMatchObject({ code: 'nameTaken' })
  for (const name of ['Ann', 'Ana', 'Anouk', 'Anya']) {
    clock.pass(30_000)
    await rename(name)
  }
  clock.pass(30_000)
  const { code, after = 0 } = await refusal(rename('Annika'))
  expect([code, after]).toEqual(['rateLimited', expect.closeTo(DAY / 5 - 5 * 30_000 - 10_000, -1)])
  clock.pass(after)
  await rename('Annika')
  clock.pass(DAY - after)
  await hub.sessions.signUp('Anna', '3')
  expect(await hub.sessions.whoIs('1')).toMatchObject({ name: 'Annika' })
})

test('[I6] a refused rename does not count', async () => {
  const { ada, hub } = await aLobby()
  const rename = (name: string) => hub.sessions.names.rename(ada.self, name)
  expect(await refusal(rename('Bob'))).toMatchObject({ code: 'nameTaken', suggestion: 'Bob2' })
  expect(await refusal(rename('root'))).toMatchObject({ code: 'nameInvalid' })
  expect(await rename('Ada')).toEqual(ada.self)
  expect(await rename('ADA')).toMatchObject({ id: ada.self.id, name: 'ADA' })
})

test('[S15] signing out closes all sockets of the session with 4501, and nothing reaches them any more', async () => {
  const { ada, bob, hub, connect } = await aLobby()
  const tab = connect(bob.self)
  await tab.hello(['lobby'])
  await hub.sessions.signOut('session of Bob')
  tab.forget()
  await ada.send('is he gone?')
  expect([bob.connection.closed, tab.connection.closed]).toEqual([4501, 4501])
  expect([...bob.heard, ...tab.heard]).toEqual([])
  expect(await hub.sessions.whoIs('session of Bob')).toBe(null)
  expect(hub.stats()).toEqual({ connections: 1, users: 1, queue: 0 })
  expect(await hub.sessions.signOut('nobody')).toBe(false)
})

/** Ada and Bob in the lobby, Bob with a second session on a phone. */
async function aPhone() {
  const here = await aLobby()
  here.store.addSession(here.bob.self.id, 'phone')
  const phone = here.connect(here.bob.self, 'phone')
  await phone.hello(['lobby'])
  await here.hub.sessions.whoIs('phone')
  here.ada.forget()
  here.bob.forget()
  return { ...here, phone }
}

test('[S48] signing out closes the sockets of that session alone; the person’s other devices go on', async () => {
  const { ada, bob, phone, hub, store, connect } = await aPhone()
  await hub.sessions.signOut('phone')
  await settled()
  expect([phone.connection.closed, bob.connection.closed]).toEqual([4501, null])
  expect(connect(bob.self, 'phone').connection.closed).toBe(4501)
  expect(ada.heard).toEqual([])
  await bob.send('still here')
  expect(bob.all('ack')).toHaveLength(1)
  expect(await store.memberships(bob.self.id)).toMatchObject([{ room: 'lobby' }])
  expect(connect(bob.self).connection.closed).toBe(null)
})

test('[S48] signing out of the last session ends the name, memberships and presence of a guest', async () => {
  const { ada, bob, phone, hub, store, guest } = await aPhone()
  await hub.sessions.signOut('session of Bob')
  await hub.sessions.signOut('phone')
  expect([phone.connection.closed, bob.connection.closed]).toEqual([4501, 4501])
  expect(ada.all('presence')).toMatchObject([{ left: [bob.self.id] }])
  expect(await store.memberships(bob.self.id)).toEqual([])
  expect((await guest('Bob')).self.id).not.toBe(bob.self.id)
})

test('[S15] signing out refuses a socket that is just being opened, and frames under way', async () => {
  const { bob, hub, store, connect } = await aLobby()
  bob.say(
    { type: 'join', ref: 'r', room: 'lobby' },
    { type: 'send', nonce: 'nonce-000', room: 'lobby', text: 'hi' },
  )
  await hub.sessions.signOut('session of Bob')
  await bob.send('hi', 'nonce-001')
  expect((await store.events('lobby', 0, 10)).map(({ nonce }) => nonce)).not.toContain('nonce-001')
  expect(connect(bob.self).connection.closed).toBe(4501)
})

test('[S7] a twenty-first connection of a person closes the one that has not answered longest, or else the oldest', async () => {
  const { hub, connect, pass } = await aHub()
  const ada = await hub.sessions.signUp('Ada', 'session of Ada')
  const tabs: Client[] = []
  for (let n = 0; n < 20; n += 1) {
    tabs.push(connect(ada))
    await tabs.at(-1)?.hello()
    await pass(1)
  }
  const closed = () => tabs.flatMap(({ connection }, n) => (connection.closed === 4509 ? [n] : []))
  tabs.push(connect(ada))
  expect(closed()).toEqual([0])
  await tabs.at(-1)?.hello()
  // From here on each second another tab gets a beat; the first three that are open do not answer.
  for (let second = 0; second < 30; second += 1) {
    await pass(1)
    for (const [n, tab] of tabs.entries())
      if (n > 3 && tab.heard.at(-1)?.type === 'beat' && tab.connection.isOpen) {
        tab.forget()
        tab.say({ type: 'beat' })
      }
  }
  for (let n = 0; n < 4; n += 1) tabs.push(connect(ada))
  expect(closed()).toEqual([0, 1, 2, 3, 4])
})
