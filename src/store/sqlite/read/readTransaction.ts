import type { Database } from 'bun:sqlite'

/**
 * One transaction for all reads in a turn of the loop: taking SQLite's locks for each read costs as much as the read. While a
 * write is pending, each read runs outside a transaction; otherwise a busy reader keeps SQLite from resetting the WAL.
 */
export class ReadTransaction {
  readonly #db: Database
  #isOpen = false
  #pendingWrites = 0

  constructor(db: Database) {
    this.#db = db
  }

  /** Call it before each read. */
  begin(): void {
    if (this.#pendingWrites > 0 || (this.#isOpen && this.#db.inTransaction)) return
    this.#db.query('BEGIN').run()
    this.#isOpen = true
    setImmediate(() => this.#end())
  }

  /** Ends the transaction, and lets none begin until the write is done. */
  async pauseDuring<T>(write: () => T | Promise<T>): Promise<T> {
    this.#end()
    this.#pendingWrites += 1
    try {
      return await write()
    } finally {
      this.#pendingWrites -= 1
    }
  }

  close(): void {
    this.#end()
    this.#db.close()
  }

  #end(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    // COMMIT would throw after a page that could not be read. SQLite may have ended the transaction itself.
    if (this.#db.inTransaction) this.#db.query('ROLLBACK').run()
  }
}

/** For a store in memory: its reads share the writer's connection, so no other connection writes between them. */
export const NO_READ_TRANSACTION: Pick<ReadTransaction, 'begin' | 'pauseDuring' | 'close'> = {
  begin() {},
  pauseDuring: async (write) => write(),
  close() {},
}
