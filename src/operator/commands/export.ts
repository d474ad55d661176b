import { exportTo } from '../export.ts'
import { stdout, writeWholeFile } from '../streams.ts'
import type { Command } from './command.ts'

export const command: Command = {
  usage: `Usage: hubbub export [--room ROOM] [FILE|-]

Writes people, rooms and messages as NDJSON, to stdout unless a FILE is named; beside a running server
or without one. No session, token or address is in it. The format is described in docs/operate.md.

  --room ROOM  only this room`,
  options: { room: { type: 'string' } },
  argument: 'optional',
  async run({ argument = '-', options, config }) {
    const { dataDir } = config()
    const room = typeof options.room === 'string' ? options.room : undefined
    const { users, rooms, events } =
      argument === '-'
        ? await exportTo(dataDir, stdout, room)
        : await writeWholeFile(argument, (sink) => exportTo(dataDir, sink, room))
    const say = `Wrote ${events} events of ${rooms} rooms and ${users} people.`
    return { say, json: { users, rooms, events }, streamed: argument === '-' }
  },
}
