import { Database } from 'bun:sqlite'
import { databaseIn } from '../../src/store/sqlite/dataDirectory.ts'

/** How a command refuses: its exit code and what it says; exit code 0 if it does not refuse. */
export function refusalOf(promise: Promise<unknown>): Promise<{ exitCode: number; message: string }> {
  return promise.then(
    () => ({ exitCode: 0, message: 'not refused' }),
    ({ exitCode, message }: { exitCode: number; message: string }) => ({ exitCode, message }),
  )
}

/** A text or bytes as a stream whose pieces end within lines and characters. */
export async function* inPieces(content: string | Uint8Array, size = 777): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(content)
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

/** All rows of a table as JSON, sorted. */
export function rowsOf(dir: string, table: string): string[] {
  using db = new Database(databaseIn(dir), { readonly: true })
  const rows = db.query<object, []>(`SELECT * FROM ${table}`).all()
  return rows.map((row) => JSON.stringify(row)).sort()
}
