import { describe, expect, test } from 'bun:test'
import type { Actions } from '../../../src/client/app/actions/actions.ts'
import { createActions } from '../../../src/client/app/actions/sessionActions.ts'
import { createApi } from '../../../src/client/net/api.ts'
import { createStore } from '../../../src/client/state/store.ts'
import { numbers } from '../../support/client/aState.ts'
import { clientPages } from '../../support/client/clientPages.ts'
import { eventually } from '../../support/eventually.ts'

const { aPage } = await clientPages()
let names = 0

async function inTheLobby() {
  return aPage().enter(`Ada ${(names += 1)}`)
}

/** All that one can say, each with what came of it. */
const all = (actions: Actions) => [
  actions.send('lobby', 'hello'),
  actions.edit('lobby', 'id-1', 'hello'),
  actions.remove('lobby', 'id-1'),
  actions.react('lobby', 'id-1', '👍', true),
  actions.pin('lobby', 'id-1', true),
]

describe('what is refused here says why', () => {
  test('[U107] before the chat is here', async () => {
    const api = createApi(() => Promise.reject(new TypeError('no network')))
    const actions = createActions(
      createStore(),
      api,
      { tell() {} },
      { after: () => () => {}, device: null },
      () => Promise.reject(new TypeError('not here')),
    )
    const words = [...all(actions), await actions.setTopic('lobby', 'tea')]
    for (const said of words) expect(said).toContain('hasn’t finished loading')
    expect(await actions.makeRoom('Kitchen')).toEqual({ result: 'failed', message: words[0] as string })
  })

  test('[U107] to somebody who is signed out', async () => {
    const page = await inTheLobby()
    await page.actions.signedInAs(null)
    for (const said of all(page.actions)) expect(said).toContain('signed out')
  })

  test('[U107] with 200 waiting, also to whoever tries one of them again', async () => {
    const page = await inTheLobby()
    page.faults.away = true
    page.faults.swallow = () => true
    page.lose()
    await eventually('lost', () => page.store.get().connection.state === 'waiting')
    expect(page.actions.send('lobby', 'the first')).toBe(true)
    const { key = '', nonce = '' } = page.room().rows.at(-1) ?? {}
    page.sync.outbox.receive({ type: 'error', nonce, code: 'forbidden', message: '', retry: false })
    for (const n of numbers(1, 200)) expect(page.actions.send('lobby', `text ${n}`)).toBe(true)
    for (const said of [...all(page.actions), page.actions.retry('lobby', key)])
      expect(said).toContain('200 messages')
    page.actions.drop('lobby', page.room().rows.at(-1)?.key ?? '')
    expect(page.actions.retry('lobby', key)).toBe(true)
  })

  test('[U107] for a text that is none', async () => {
    const { actions } = await inTheLobby()
    expect(actions.send('lobby', ' \n ')).toContain('nothing')
    expect(actions.edit('lobby', 'id-1', '')).toContain('nothing')
    expect(actions.send('lobby', 'x'.repeat(4_001))).toContain('too long')
  })
})
