import { describe, expect, test } from 'bun:test'
import { aLobby, settled } from '../../support/hub/aHub.ts'

describe('leaving', () => {
  test('[C20] ends membership on all screens of the person, at once', async () => {
    const { ada, bob, connect, store } = await aLobby()
    const tab = connect(bob.self)
    await tab.hello(['lobby'])
    tab.forget()
    bob.say({ type: 'leave', ref: 'r', room: 'lobby' })
    await settled()
    await ada.send('is Bob here?')
    expect([bob.heard, tab.heard]).toEqual([
      [{ type: 'left', ref: 'r', room: 'lobby' }],
      [{ type: 'left', room: 'lobby' }],
    ])
    expect(await store.membership(bob.self.id, 'lobby')).toBe(null)
    await tab.send('still?', 'nonce-000')
    expect(tab.connection.all('error')).toMatchObject([{ code: 'notMember' }])
  })

  test('[C20] and joining on another screen do not cross: whoever asked last has it', async () => {
    const { bob, connect, store } = await aLobby()
    const tab = connect(bob.self)
    await tab.hello([])
    store.pause()
    bob.say({ type: 'leave', ref: 'l', room: 'lobby' })
    await settled()
    tab.say({ type: 'join', ref: 'j', room: 'lobby' })
    await settled()
    store.resume()
    await settled()
    expect(await store.membership(bob.self.id, 'lobby')).not.toBe(null)
    await tab.send('I am in', 'nonce-000')
    expect(tab.connection.all('ack')).toHaveLength(1)
  })

  test('[C20] that cannot be stored is refused as unavailable, and nothing has changed', async () => {
    const { ada, bob, store } = await aLobby()
    store.fail('writes')
    bob.say({ type: 'leave', ref: 'r', room: 'lobby' })
    await settled()
    expect(bob.heard).toMatchObject([{ type: 'error', ref: 'r', code: 'unavailable', retry: true }])
    store.heal()
    await ada.send('Bob?')
    expect(bob.heard.at(-1)).toMatchObject({ type: 'event', text: 'Bob?' })
  })
})
