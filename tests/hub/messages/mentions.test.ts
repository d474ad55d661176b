import { expect, test } from 'bun:test'
import { aHub, aLobby, nonce, settled, UNLIMITED, type Client } from '../../support/hub/aHub.ts'

const room = 'lobby'
const lastEvent = (client: Client) => client.all('event').at(-1)
const youOf = (client: Client) => client.all('sync').at(-1)?.you

test('[M80] the hub says whom a message or an edit mentions: to everybody, in the first page and in history', async () => {
  const { hub, ada, bob, guest } = await aLobby()
  await ada.send('hi @bob')
  const mentions = [{ user: bob.self.id, at: 3, length: 4 }]
  expect([lastEvent(ada), lastEvent(bob)]).toMatchObject([{ mentions }, { mentions }])
  const target = lastEvent(ada)?.id ?? ''
  await ada.ask({ type: 'edit', nonce: nonce(), room, target, text: '@Ada' })
  const toAda = [{ user: ada.self.id, at: 0, length: 4 }]
  expect(lastEvent(bob)).toMatchObject({ kind: 'edit', mentions: toAda })
  await ada.send('nobody: `@Bob`')
  expect(lastEvent(bob)).not.toHaveProperty('mentions')
  const cy = await guest('Cy', [room])
  const quiet = [{ ...toAda[0], quiet: true }]
  expect(cy.all('sync')[0]?.messages?.[0]).toMatchObject({ mentions: quiet })
  const page = await hub.rooms.history(room, { at: 'end', limit: 9 }, cy.self.id)
  expect(page.messages[0]).toMatchObject({ mentions: quiet })
})

test('[M81] members, and whoever wrote in the room, are mentioned by their name of today', async () => {
  const { hub, ada, bob, guest, pass } = await aLobby()
  const cy = await guest('Cy', [room])
  await cy.ask({ type: 'leave', ref: 'r', room })
  await ada.send('@Cy is elsewhere')
  expect(lastEvent(ada)).not.toHaveProperty('mentions')
  await bob.send('hello')
  await bob.ask({ type: 'leave', ref: 'r', room })
  await hub.sessions.names.rename(bob.self, 'Robert')
  await pass(1)
  await ada.send('@Bob and @Robert, and @Cy')
  expect(lastEvent(ada)).toMatchObject({ mentions: [{ user: bob.self.id, at: 9, length: 7 }] })
  expect(cy.all('event')).toEqual([])
})

test('[M84, U73] who was mentioned under a former name still is: the unread count and the message stay', async () => {
  const { hub, ada, bob, connect } = await aLobby()
  await ada.send('@Bob')
  await hub.sessions.names.rename(bob.self, 'Robert')
  const tab = connect(bob.self)
  await tab.hello([room])
  expect(youOf(tab)).toMatchObject({ unread: 1, mentions: 1 })
})

test('[M86] in an edit a name that its message mentions is the same person, renamed or gone', async () => {
  const { hub, ada, bob, guest, connect } = await aLobby()
  const cy = await guest('Cy', [room])
  await ada.send('helo @Bob and @Cy')
  const target = lastEvent(ada)?.id ?? ''
  await hub.sessions.names.rename(bob.self, 'Robert')
  await cy.ask({ type: 'leave', ref: 'r', room })
  const edit = (text: string) => ada.ask({ type: 'edit', nonce: nonce(), room, target, text })
  await edit('hello @bob, @Cy, @Robert')
  const mentions = [
    { user: bob.self.id, at: 6, length: 4 },
    { user: cy.self.id, at: 12, length: 3 },
    { user: bob.self.id, at: 17, length: 7 },
  ]
  expect(lastEvent(ada)).toMatchObject({ mentions })
  const tab = connect(bob.self)
  await tab.hello([room])
  expect(youOf(tab)).toMatchObject({ unread: 1, mentions: 1 })
  await edit('hello')
  await edit('hello @Bob, @Cy')
  expect(lastEvent(ada)).not.toHaveProperty('mentions')
})

test('[M80, M3] a message with a mention keeps its place among the messages of its connection, however late the store is', async () => {
  const { ada, bob } = await aLobby({ limits: UNLIMITED, late: (method) => (method === 'named' ? 3 : 0) })
  const texts = ['@Bob 1', '2', '@Bob 3', '4', '@nobody 5']
  ada.say(...texts.map((text) => ({ type: 'send' as const, nonce: nonce(), room, text })))
  await settled()
  expect(bob.all('event').map(({ text }) => text)).toEqual(texts)
})

test('[M80] a text without a name to look up costs no query, and neither does one that is refused', async () => {
  const asked: string[] = []
  const here = await aHub({
    late: (method) => (asked.push(method), 0),
    limits: { sends: { perSecond: 1, burst: 2 } },
  })
  const ada = await here.guest('Ada', [room])
  await ada.send('mail ada@example.org')
  await ada.ask({
    type: 'react',
    nonce: nonce(),
    room,
    target: lastEvent(ada)?.id ?? '',
    emoji: '👍',
    on: true,
  })
  await ada.send('@Ada too fast')
  await ada.send('@Ada', nonce(), 'elsewhere')
  expect(ada.all('error').map(({ code }) => code)).toEqual(['rateLimited', 'notMember'])
  expect(asked).not.toContain('named')
})

test('[M80] a message is refused with `unavailable` while the store cannot say who is mentioned, and with `notMember` if the person left meanwhile', async () => {
  const { ada, bob, store, connect } = await aLobby({ late: (method) => (method === 'named' ? -3 : 0) })
  store.fail('reads')
  await ada.send('@Bob', 'nonce-read')
  expect(ada.all('error')).toMatchObject([{ nonce: 'nonce-read', code: 'unavailable', retry: true }])
  store.heal()
  const tab = connect(ada.self)
  await tab.hello([room])
  tab.say({ type: 'send', nonce: 'nonce-left', room, text: '@Bob' })
  await ada.ask({ type: 'leave', ref: 'r', room })
  expect(tab.all('error')).toMatchObject([{ nonce: 'nonce-left', code: 'notMember' }])
  expect(bob.all('event')).toEqual([])
})
