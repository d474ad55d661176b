import { Database } from 'bun:sqlite'
import { afterAll, afterEach, beforeEach, describe } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Store } from '../../../src/hub/ports.ts'
import { databaseIn } from '../../../src/store/sqlite/dataDirectory.ts'
import { openInMemory } from '../../../src/store/sqlite/sqliteStore.ts'
import { open } from './scene.ts'

const dirs: string[] = []
afterAll(() => dirs.forEach((dir) => rmSync(dir, { recursive: true, force: true })))

/** A directory that is removed after the tests of the file. */
export function aTemporaryDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'hubbub-store-'))
  dirs.push(dir)
  return dir
}

/** A store under test, on disk with its worker or in memory. */
export interface World {
  readonly store: Store
  /** Closes the store and opens it again, if it is on disk. */
  restart(): Promise<void>
  /** Runs SQL beside the store. */
  run(sql: string): Promise<void>
  end(): Promise<void>
}

export async function inMemory(db = new Database(':memory:', { strict: true })): Promise<World> {
  const store = openInMemory(db)
  return {
    store,
    restart: () => Promise.resolve(),
    run: async (sql) => void db.run(sql),
    end: () => store.close(),
  }
}

export async function onDisk(): Promise<World> {
  const dir = aTemporaryDir()
  let store = await open(dir)
  return {
    get store() {
      return store
    },
    async restart() {
      await store.close()
      store = await open(dir)
    },
    async run(sql) {
      using db = new Database(databaseIn(dir), { readwrite: true })
      db.run(sql)
      // The store sees another connection's commit from the next turn of the loop on (K55).
      await new Promise((resolve) => setImmediate(resolve))
    },
    end: () => store.close(),
  }
}

/**
 * Defines the same tests for the store in memory and the one on disk. Each test gets a new store.
 * @param define gets `store`, which after a restart is the new one
 */
export function describeStores(define: (store: Store, world: Pick<World, 'restart' | 'run'>) => void): void {
  describe.each([
    ['in memory', inMemory],
    ['on disk', onDisk],
  ])('a store %s', (_kind, openWorld) => {
    let world: World
    beforeEach(async () => {
      world = await openWorld()
    })
    afterEach(() => world.end())
    const store = new Proxy({} as Store, {
      get: (_target, name: keyof Store) => world.store[name].bind(world.store),
    })
    define(store, { restart: () => world.restart(), run: (sql) => world.run(sql) })
  })
}
