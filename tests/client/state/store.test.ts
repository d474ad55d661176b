import { expect, test } from 'bun:test'
import { reduce } from '../../../src/client/state/reduce.ts'
import { createStore } from '../../../src/client/state/store.ts'
import { ada } from '../../support/client/aState.ts'

const signal = new AbortController().signal
const fail = () => {
  throw new TypeError('broken')
}

/** A store that goes offline, and what it reports; `onOffline` are views that are told, in their order. */
function goOffline(onOffline: (store: ReturnType<typeof createStore>) => (() => void)[]) {
  const errors: string[] = []
  const store = createStore(reduce, (error) => void errors.push(String(error)))
  store.dispatch({ type: 'roomOpened', room: 'lobby' })
  for (const view of onOffline(store))
    store.watch(
      ({ offline }) => offline,
      (offline) => offline && view(),
      signal,
    )
  store.dispatch({ type: 'networkChanged', offline: true })
  return { store, errors }
}

test('[U102] a view that throws keeps neither other views nor its own dispatches from running', () => {
  let calls = 0
  const { store, errors } = goOffline((own) => [
    () => {
      own.dispatch({ type: 'storageBlocked' })
      fail()
    },
    () => (calls += 1),
  ])
  expect([calls, store.get().storageBlocked, errors]).toEqual([1, true, ['TypeError: broken']])
})

test('[U102] a selector that throws is reported, and the others are called', () => {
  const { store, errors } = goOffline(() => [])
  store.watch(
    ({ storageBlocked }) => storageBlocked && fail(),
    () => {},
    signal,
  )
  const shown: boolean[] = []
  store.watch(
    ({ storageBlocked }) => storageBlocked,
    (isBlocked) => shown.push(isBlocked),
    signal,
  )
  store.dispatch({ type: 'storageBlocked' })
  expect([shown, errors]).toEqual([[false, true], ['TypeError: broken']])
})

test('[U102] a change that the reducer cannot make is reported and changes nothing; later ones are made', () => {
  const { store, errors } = goOffline((own) => [
    () => {
      own.dispatch({ type: 'framesReceived', frames: { reduce: fail } as never, now: 0 })
      own.dispatch({ type: 'selfChanged', self: { ...ada, role: 'guest' } })
    },
  ])
  expect(store.get().self).toMatchObject(ada)
  expect(Object.keys(store.get().rooms)).toEqual(['lobby'])
  expect(errors).toEqual(['TypeError: broken'])
})
