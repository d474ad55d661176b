import { expect, test } from 'bun:test'
import { aLobby } from '../../support/hub/aHub.ts'

test('[C20] leaving ends the membership on all connections of the person, at once', async () => {
  const { ada, bob, connect, store } = await aLobby()
  const tab = connect(bob.self)
  await tab.hello(['lobby'])
  tab.forget()
  await bob.ask({ type: 'leave', ref: 'r', room: 'lobby' })
  await ada.send('is Bob here?')
  expect(bob.heard).toEqual([{ type: 'left', ref: 'r', room: 'lobby' }])
  expect(tab.heard).toEqual([{ type: 'left', room: 'lobby' }])
  expect(await store.membership(bob.self.id, 'lobby')).toBe(null)
  await tab.send('still?')
  expect(tab.all('error')).toMatchObject([{ code: 'notMember' }])
})

test('[C20] leaving and joining on two connections do not cross: the last request wins', async () => {
  const { bob, connect, store } = await aLobby()
  const tab = connect(bob.self)
  await tab.hello([])
  store.pause()
  await bob.ask({ type: 'leave', ref: 'l', room: 'lobby' })
  await tab.ask({ type: 'join', ref: 'j', room: 'lobby' })
  store.resume()
  await tab.send('I am in')
  expect(await store.membership(bob.self.id, 'lobby')).not.toBe(null)
  expect(tab.all('ack')).toHaveLength(1)
})

test('[C20] a leave that cannot be stored is refused as unavailable and changes nothing', async () => {
  const { ada, bob, store } = await aLobby()
  store.fail('writes')
  await bob.ask({ type: 'leave', ref: 'r', room: 'lobby' })
  expect(bob.heard).toMatchObject([{ type: 'error', ref: 'r', code: 'unavailable', retry: true }])
  store.heal()
  await ada.send('Bob?')
  expect(bob.heard.at(-1)).toMatchObject({ type: 'event', text: 'Bob?' })
})
