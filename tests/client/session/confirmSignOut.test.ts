import { afterEach, expect, test } from 'bun:test'
import type { HomeContext } from '../../../src/client/app/context.ts'
import { confirmAndSignOut } from '../../../src/client/session/confirmSignOut.ts'
import { reduce } from '../../../src/client/state/reduce.ts'
import { createStore } from '../../../src/client/state/store.ts'
import { ada } from '../../support/client/aState.ts'
import { useDom } from '../../support/client/useDom.ts'

useDom()
afterEach(() => document.querySelector('dialog')?.close())

/** Ada asks to sign out with so many unsent messages and drafts. */
async function asked(unsent: { messages: number; drafts: number }) {
  const store = createStore(reduce)
  store.dispatch({ type: 'selfChanged', self: { ...ada, role: 'guest' } })
  let ended = 0
  const actions = { unsent: async () => unsent, signOut: async () => void (ended += 1) }
  const context = { store, actions } as unknown as HomeContext
  const done = confirmAndSignOut(context, 'Sign out?', new AbortController().signal)
  await Promise.resolve()
  const dialog = document.querySelector('dialog')
  const press = (label: string) =>
    [...(dialog?.querySelectorAll('button') ?? [])].find(({ textContent }) => textContent === label)?.click()
  return { dialog, press, done, ended: () => ended }
}

test('[U8] signing out asks even if nothing is unsent, and names what is lost', async () => {
  const { dialog, press, done, ended } = await asked({ messages: 0, drafts: 0 })
  expect(dialog?.querySelectorAll('li').length).toBe(3)
  expect(dialog?.textContent).toContain('the name Ada')
  press('Cancel')
  expect([await done, ended()]).toEqual([false, 0])
})

test('[U8] what is unsent comes first, and a confirmed sign-out signs out', async () => {
  const { dialog, press, done, ended } = await asked({ messages: 1, drafts: 2 })
  expect(dialog?.querySelector('li')?.textContent).toContain('1 unsent message and 2 unsent drafts')
  press('Sign out')
  expect([await done, ended()]).toEqual([true, 1])
})
