import { probeUrlOf } from '../http/listen.ts'
import type { Command } from './command.ts'

export const command: Command = {
  usage: `Usage: hubbub healthcheck

Asks the server of this machine whether it is ready: exit 0 or 1, within two seconds.`,
  async run({ config }) {
    const url = `${probeUrlOf(config())}/readyz`
    try {
      const answer = await fetch(url, { signal: AbortSignal.timeout(1_800) })
      const text = await answer.text()
      if (answer.ok) return { say: '', json: { ready: true } }
      return { say: `Not ready: ${text}`, json: { ready: false, said: text }, code: 1, streamed: true }
    } catch {
      return { say: `No answer from ${url}.`, json: { ready: false }, code: 1, streamed: true }
    }
  },
}
