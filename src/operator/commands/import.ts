import { OperatorError } from '../../lib/operatorError.ts'
import { importFrom } from '../import.ts'
import type { Command } from './command.ts'
import { readFrom } from '../streams.ts'

export const command: Command = {
  usage: `Usage: hubbub import [--rooms-as PREFIX] FILE|-

Reads what hubbub export wrote: all of it, or nothing. Stop the server first. Ids, numbers and times stay.
People pick their names anew, as no session is in an export.

  --rooms-as PREFIX  put PREFIX before each room's name, so that a server with rooms of its own can take them
  --json             print the result as JSON
  --help             print this help`,
  options: { 'rooms-as': { type: 'string' } },
  argument: 'needed',
  async run({ argument = '-', options, config }) {
    const prefix = options['rooms-as'] ?? ''
    if (typeof prefix !== 'string' || !/^[a-z0-9-]{0,20}$/.test(prefix))
      throw new OperatorError(2, '--rooms-as takes up to 20 of a-z, 0-9 and -.')
    const counts = await importFrom(config().dataDir, readFrom(argument), prefix)
    const { users, rooms, events } = counts
    return { say: `Took in ${events} events of ${rooms} rooms and ${users} people.`, json: counts }
  },
}
