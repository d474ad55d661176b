import { readFileSync } from 'node:fs'
import { readConfig } from '../../config.ts'
import { printable } from '../../lib/printable.ts'
import { PROTOCOL_VERSION } from '../../shared/limits.ts'
import { CLOSE } from '../../shared/errors.ts'
import { examine, type Finding } from '../doctor.ts'
import type { Command } from './command.ts'

const VERDICTS = { ok: 'ok     ', warning: 'warning', fault: 'FAULT  ' } as const

export const command: Command = {
  usage: `Usage: hubbub doctor [--url URL]

Looks for what is wrong and says what to do about it: configuration, data directory, disk, database,
clock, backups. Changes nothing, and may run beside the server. Exit 1 if there is a fault.

  --url URL    also come in by this address as a browser would, through the proxy before it
  --json       say it as JSON
  --help       this`,
  options: { url: { type: 'string' } },
  async run({ options, env }) {
    const found = [
      ...configurationFindings(env),
      ...(typeof options.url === 'string' ? await urlFindings(options.url, env['TRUST_PROXY']) : []),
    ]
    const faults = found.filter(({ verdict }) => verdict === 'fault').length
    const lines = found.map(({ check, verdict, say }) => `${VERDICTS[verdict]} ${check}: ${printable(say)}`)
    const sum = faults === 0 ? 'Nothing is wrong.' : `${faults} ${faults === 1 ? 'fault' : 'faults'}.`
    return {
      say: [...lines, sum].join('\n'),
      json: { healthy: faults === 0, found },
      code: faults === 0 ? 0 : 1,
    }
  },
}

/** The configuration and, where it can be read, the data directory it names. */
function configurationFindings(env: Readonly<Record<string, string | undefined>>): Finding[] {
  const read = readConfig(env)
  if ('faults' in read) {
    const faults = read.faults.map((say): Finding => ({ check: 'configuration', verdict: 'fault', say }))
    // What else is set may be right.
    const again = readConfig({ DATA_DIR: env['DATA_DIR'] })
    return 'faults' in again ? faults : [...faults, ...dataDirectoryFindings(again.config)]
  }
  const found: Finding[] = read.warnings.map((say) => ({ check: 'configuration', verdict: 'warning', say }))
  const { config } = read
  if (config.publicUrl === null)
    found.push({
      check: 'configuration',
      verdict: 'warning',
      say: 'PUBLIC_URL is not set, so that any Host is answered: set it to the address people use.',
    })
  found.push(...descriptorFindings(config.maxConnections))
  if (found.length === 0)
    found.push({ check: 'configuration', verdict: 'ok', say: 'Every setting is accepted.' })
  return [...found, ...dataDirectoryFindings(config)]
}

function dataDirectoryFindings({
  dataDir,
  backupHours,
}: {
  dataDir: string
  backupHours: number
}): Finding[] {
  return examine(dataDir, { now: Date.now(), backupHours })
}

/** Each socket takes a descriptor; a shell's limit is not the service's, so this is no fault. */
function descriptorFindings(connections: number): Finding[] {
  try {
    const [, soft = ''] =
      /^Max open files\s+(\d+|unlimited)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? []
    if (soft === '' || soft === 'unlimited' || Number(soft) > connections + 100) return []
    return [
      {
        check: 'configuration',
        verdict: 'warning',
        say: `${soft} files may be open, fewer than MAX_CONNECTIONS (${connections}) needs: raise the limit (ulimit -n, LimitNOFILE) or lower it.`,
      },
    ]
  } catch {
    return []
  }
}

/**
 * Through whatever stands before the server: does it answer, and does a socket get in?
 * @param trusted TRUST_PROXY as it is set here
 */
async function urlFindings(url: string, trusted = ''): Promise<Finding[]> {
  const origin = URL.parse(url)?.origin ?? ''
  if (!/^https?:/.test(origin))
    return [
      { check: 'url', verdict: 'fault', say: '--url takes an address such as https://chat.example.com.' },
    ]
  const answer = await fetch(`${origin}/readyz`, { signal: AbortSignal.timeout(2_000) }).catch(() => null)
  if (answer === null)
    return [
      {
        check: 'url',
        verdict: 'fault',
        say: `Nobody answers at ${origin}: is the proxy running, and the name right?`,
      },
    ]
  const ready: Finding = answer.ok
    ? { check: 'url', verdict: 'ok', say: `${origin} answers and is ready.` }
    : {
        check: 'url',
        verdict: 'fault',
        say: `${origin}/readyz answers ${answer.status}: is Hubbub running behind the proxy, and does its log say why?`,
      }
  return [ready, ...proxyFindings(answer.headers, trusted), await socketFinding(origin)]
}

/** Our own answers have neither of these headers. */
function proxyFindings(headers: Headers, trusted: string): Finding[] {
  const proxy = /[a-z]+/i.exec(headers.get('server') ?? headers.get('via') ?? '')?.[0]
  if (proxy === undefined || !/^(none)?$/.test(trusted.trim())) return []
  const say = `A proxy (${proxy}) stands before the server and TRUST_PROXY is not set, so that all people seem to come from it and no limit by address holds: set TRUST_PROXY to the number of proxies.`
  return [{ check: 'proxy', verdict: 'warning', say }]
}

/** As a page has it, but without a session: let in as far as the close code that says so. */
function socketFinding(origin: string): Promise<Finding> {
  const { promise, resolve } = Promise.withResolvers<Finding>()
  // Bun's own; the DOM's type has no headers
  const socket = new WebSocket(`${origin.replace(/^http/, 'ws')}/ws?v=${PROTOCOL_VERSION}`, {
    headers: { origin },
  } as unknown as string[])
  const late = setTimeout(() => socket.close(), 2_000)
  socket.onclose = ({ code }) => {
    clearTimeout(late)
    if (code === CLOSE.noSession || code === CLOSE.version)
      return resolve({ check: 'socket', verdict: 'ok', say: `A socket gets in at ${origin}.` })
    resolve({
      check: 'socket',
      verdict: 'fault',
      say: `No socket gets in at ${origin} (${code}): let the proxy pass upgrades, set PUBLIC_URL to ${origin}, or add it to ALLOWED_ORIGINS.`,
    })
  }
  return promise
}
