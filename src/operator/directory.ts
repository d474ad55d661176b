/** What commands demand of a data directory before they work on it. */
import { existsSync } from 'node:fs'
import { OperatorError } from '../lib/operatorError.ts'
import { databaseIn, spaceOf } from '../store/sqlite/dataDirectory.ts'

/** @throws OperatorError 1 if the directory has no database */
export function requireDatabase(dir: string): void {
  if (!existsSync(databaseIn(dir))) throw new OperatorError(1, `There is no database in ${dir}.`)
}

/**
 * Requires twice the database's size of free space, for a copy and for what is written meanwhile.
 * @param what begins the sentence: “A backup needs …”
 * @returns this sentence @throws OperatorError 1 with it
 */
export function requireSpace(dir: string, what: string): string {
  const { bytes, free } = spaceOf(dir)
  const sentence = `${what} ${Math.ceil((2 * bytes) / 1e6)} MB free in ${dir} for a moment, and there are ${Math.floor(free / 1e6)}.`
  if (free < 2 * bytes) throw new OperatorError(1, `${sentence} Make room first.`)
  return sentence
}
