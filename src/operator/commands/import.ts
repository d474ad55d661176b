import { OperatorError } from '../../lib/operatorError.ts'
import { importFrom } from '../import.ts'
import type { Command } from './command.ts'
import { readFrom } from '../streams.ts'

export const command: Command = {
  usage: `Usage: hubbub import [--rooms-as PREFIX] FILE|-

Imports all of an export, or nothing. Stop the server first. Ids, numbers and times stay the same.
People pick their names again, as no session is in an export.

  --rooms-as PREFIX  put PREFIX before each room's name, so that a server with rooms of its own can import`,
  options: { 'rooms-as': { type: 'string' } },
  argument: 'needed',
  async run({ argument = '-', options, config }) {
    const prefix = options['rooms-as'] ?? ''
    if (typeof prefix !== 'string' || !/^[a-z0-9-]{0,20}$/.test(prefix))
      throw new OperatorError(2, '--rooms-as takes up to 20 of a-z, 0-9 and -.')
    const counts = await importFrom(config().dataDir, readFrom(argument), prefix)
    const { users, rooms, events } = counts
    return { say: `Imported ${events} events of ${rooms} rooms and ${users} people.`, json: counts }
  },
}
