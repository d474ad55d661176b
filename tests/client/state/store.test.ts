import { describe, expect, test } from 'bun:test'
import { createStore } from '../../../src/client/state/store.ts'
import { ada } from '../../support/client/aState.ts'

const signal = new AbortController().signal
const broken = () => {
  throw new TypeError('this view is broken')
}

function aStore() {
  const failed: string[] = []
  return { failed, store: createStore(undefined, (error) => void failed.push(String(error))) }
}

describe('one view that throws', () => {
  test('[U102] does not keep the others from being told, nor whoever dispatched from going on', () => {
    const { store, failed } = aStore()
    const told: boolean[] = []
    store.watch(
      ({ offline }) => offline,
      (offline) => offline && broken(),
      signal,
    )
    store.watch(
      ({ offline }) => offline,
      (offline) => told.push(offline),
      signal,
    )
    store.dispatch({ type: 'networkChanged', offline: true })
    expect(told).toEqual([false, true])
    expect(failed).toEqual(['TypeError: this view is broken'])
  })

  test('[U102] neither what it picks nor a change that it has queued is lost with it', () => {
    const { store, failed } = aStore()
    store.watch(
      ({ storageBlocked }) => storageBlocked && broken(),
      () => {},
      signal,
    )
    store.watch(
      ({ offline }) => offline,
      (offline) => {
        if (!offline) return
        store.dispatch({ type: 'storageBlocked' })
        broken()
      },
      signal,
    )
    store.dispatch({ type: 'networkChanged', offline: true })
    expect(store.get()).toMatchObject({ offline: true, storageBlocked: true })
    expect(failed).toHaveLength(2)
  })

  test('[U102] a change that cannot be done is reported, changes nothing, and those behind it are done', () => {
    const { store, failed } = aStore()
    const room = 'lobby'
    store.dispatch({ type: 'roomOpened', room })
    const before = store.get().rooms[room]
    store.watch(
      ({ offline }) => offline,
      (offline) => {
        if (!offline) return
        store.dispatch({ type: 'framesReceived', frames: { reduce: broken } as never, now: 0 })
        store.dispatch({ type: 'selfChanged', self: { ...ada, role: 'guest' } })
      },
      signal,
    )
    store.dispatch({ type: 'networkChanged', offline: true })
    expect(store.get().self).toMatchObject(ada)
    expect(store.get().rooms[room]).toBe(before)
    expect(failed).toEqual(['TypeError: this view is broken'])
  })
})
