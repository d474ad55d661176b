import type { Database, Statement } from 'bun:sqlite'

/**
 * What is read in one turn of the loop is read in one transaction: to take SQLite's locks and give them back for each
 * question costs as much as the questions do. Not while anything is written, each question alone then: of who always
 * reads the writer would find no moment to begin the WAL anew.
 */
export class ReadTransaction {
  readonly #db: Database
  readonly #begin: Statement
  readonly #rollback: Statement
  #isOpen = false
  /** writes without an answer */
  #pendingWrites = 0

  constructor(db: Database) {
    this.#db = db
    this.#begin = db.query('BEGIN')
    this.#rollback = db.query('ROLLBACK')
  }

  /** Before each reading. */
  begin(): void {
    if (this.#pendingWrites > 0 || (this.#isOpen && this.#db.inTransaction)) return
    this.#begin.run()
    this.#isOpen = true
    setImmediate(() => this.end())
  }

  end(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    // Not by COMMIT, which throws after a page that could not be read. P37: SQLite may have ended it by itself.
    if (this.#db.inTransaction) this.#rollback.run()
  }

  /** No moment lasts while this does. */
  async pauseDuring<T>(write: () => Promise<T>): Promise<T> {
    this.end()
    this.#pendingWrites += 1
    try {
      return await write()
    } finally {
      this.#pendingWrites -= 1
    }
  }
}
