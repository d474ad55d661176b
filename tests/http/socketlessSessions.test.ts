import { expect, setDefaultTimeout, test } from 'bun:test'
import { SocketlessSessions } from '../../src/http/socketlessSessions.ts'
import { fakeClock } from '../support/fakeClock.ts'
import { aRunningApp } from '../support/server/aRunningApp.ts'

// Real sockets on a busy machine.
setDefaultTimeout(20_000)

test('[O45] a session that asks three times in a minute and has no socket is one line of the log', async () => {
  const { guest, warnings, pass } = await aRunningApp()
  const ada = await guest('Ada')
  const ask = async (path: string) => void (await (await ada.ask(path)).text())
  await ask('/api/rooms')
  await ask('/api/session')
  pass(61_000)
  await ask('/api/rooms')
  await ask('/api/session')
  expect(warnings).toEqual([])
  for (let more = 0; more < 9; more += 1) await ask('/api/session')
  expect(warnings).toEqual([expect.stringContaining('opens no WebSocket')])
})

test('[O45] a session that had a socket, a program with a token, and a stranger are no line', async () => {
  const { guest, get, warnings } = await aRunningApp()
  const ada = await guest('Ada')
  await ada.enter('lobby')
  const bob = await guest('Bob')
  const authorization = `Bearer ${bob.cookie.split('=')[1]}`
  for (let time = 0; time < 9; time += 1) {
    await (await ada.ask('/api/rooms')).text()
    await (await get('/api/rooms', { authorization })).text()
    await (await get('/api/session')).text()
  }
  expect(warnings).toEqual([])
})

test('[O45] five thousand sessions are remembered', () => {
  const log = { error() {}, warn() {}, info() {} }
  const sessions = new SocketlessSessions({ clock: fakeClock(), log })
  for (let n = 0; n < 20_000; n += 1) {
    sessions.asked(`session ${n}`, `user ${n}`)
    sessions.opened(`other ${n}`)
  }
  expect(sessions.size).toBe(5_000)
})
