import type { Database, Statement } from 'bun:sqlite'

/**
 * One transaction for all reads in a turn of the loop: taking SQLite's locks for each costs as much as the reads. While a
 * write is pending, each read runs outside a transaction; otherwise a busy reader keeps SQLite from resetting the WAL.
 */
export class ReadTransaction {
  readonly #db: Database
  readonly #begin: Statement
  readonly #rollback: Statement
  #isOpen = false
  /** writes that are not done yet */
  #pendingWrites = 0

  constructor(db: Database) {
    this.#db = db
    this.#begin = db.query('BEGIN')
    this.#rollback = db.query('ROLLBACK')
  }

  /** Call it before each read. */
  begin(): void {
    if (this.#pendingWrites > 0 || (this.#isOpen && this.#db.inTransaction)) return
    this.#begin.run()
    this.#isOpen = true
    setImmediate(() => this.end())
  }

  end(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    // Not by COMMIT, which throws after a failed read: SQLite may have rolled back by itself.
    if (this.#db.inTransaction) this.#rollback.run()
  }

  /** Ends the transaction and closes the connection. */
  close(): void {
    this.end()
    this.#db.close()
  }

  /** Ends the transaction, and lets none begin until the write is done. */
  async pauseDuring<T>(write: () => T | Promise<T>): Promise<T> {
    this.end()
    this.#pendingWrites += 1
    try {
      return await write()
    } finally {
      this.#pendingWrites -= 1
    }
  }
}

/** For a store in memory, whose one connection reads and writes: nobody else writes between two of its reads. */
export const NO_READ_TRANSACTION: Pick<ReadTransaction, 'begin' | 'pauseDuring' | 'close'> = {
  begin() {},
  close() {},
  pauseDuring: async (write) => write(),
}
