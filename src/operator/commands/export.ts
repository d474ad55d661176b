import { createWriteStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { fsyncPath } from '../../store/sqlite/dataDirectory.ts'
import { exportTo, type ExportHeader } from '../export.ts'
import { type Command } from './command.ts'
import { output } from './fileOrPipe.ts'

export const command: Command = {
  usage: `Usage: hubbub export [--room ROOM] [FILE|-]

Writes people, rooms and everything said as NDJSON, to stdout unless a FILE is named; beside a running server
or without one. No session, token or address is in it. What it means is in docs/operations.md.

  --room ROOM  only this room
  --json       say what was done as JSON
  --help       this`,
  options: { room: { type: 'string' } },
  argument: 'optional',
  async run({ argument = '-', options, config }) {
    const room = typeof options.room === 'string' ? options.room : undefined
    const { dataDir } = config()
    const header =
      argument === '-' ? await exportTo(dataDir, output, room) : await exportFile(dataDir, argument, room)
    const { users, rooms, events } = header
    const say = `Wrote ${events} events of ${rooms} rooms and ${users} people.`
    return { say, json: { users, rooms, events }, streamed: argument === '-' }
  },
}

/** A file that is there whole or not at all. */
async function exportFile(dir: string, file: string, room: string | undefined): Promise<ExportHeader> {
  const partial = `${file}.${process.pid}`
  const stream = createWriteStream(partial, { flags: 'wx', mode: 0o600 })
  const write = (bytes: Uint8Array) =>
    new Promise<void>((resolve, reject) => {
      stream.write(bytes, (error) => (error ? reject(error) : resolve()))
    })
  try {
    await new Promise<void>((resolve, reject) => stream.once('open', () => resolve()).once('error', reject))
    const header = await exportTo(dir, { write }, room)
    await new Promise<void>((resolve) => stream.end(resolve))
    fsyncPath(partial)
    await rename(partial, file)
    return header
  } catch (error) {
    stream.destroy()
    await rm(partial, { force: true })
    throw error
  }
}
