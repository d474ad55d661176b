import { readFileSync } from 'node:fs'
import { type Config, type Environment, readConfig } from '../../config.ts'
import { OperatorError } from '../../lib/operatorError.ts'
import { PROTOCOL_VERSION } from '../../shared/limits.ts'
import { CLOSE } from '../../shared/errors.ts'
import { examine, fault, type Finding, ok, warning } from '../doctor.ts'
import type { Command } from './command.ts'

const VERDICTS = { ok: 'ok     ', warning: 'warning', fault: 'FAULT  ' } as const

export const command: Command = {
  usage: `Usage: hubbub doctor [--url URL]

Checks configuration, data directory, disk, database, clock and backups, and says how to solve each
problem. Changes nothing, and may run beside the server. Exit 1 if there is a fault.

  --url URL    also connect to this address as a browser would, through the proxy before it`,
  options: { url: { type: 'string' } },
  async run({ options, env }) {
    const found = [
      ...configurationFindings(env),
      ...(typeof options.url === 'string' ? await urlFindings(options.url, env['TRUST_PROXY']) : []),
    ]
    const faults = found.filter(({ verdict }) => verdict === 'fault').length
    const lines = found.map(({ check, verdict, say }) => `${VERDICTS[verdict]} ${check}: ${say}`)
    const sum = faults === 0 ? 'Nothing is wrong.' : `${faults} ${faults === 1 ? 'fault' : 'faults'}.`
    return { say: [...lines, sum], json: { healthy: faults === 0, found }, code: faults === 0 ? 0 : 1 }
  },
}

/** Checks the configuration, and the data directory if DATA_DIR is right whatever else is wrong. */
function configurationFindings(env: Environment): Finding[] {
  const examined = ({ dataDir, backupHours }: Config) => examine(dataDir, { now: Date.now(), backupHours })
  const read = configOrFaults(env)
  if (Array.isArray(read)) {
    const withDefaults = configOrFaults({ DATA_DIR: env['DATA_DIR'] })
    return [...read, ...(Array.isArray(withDefaults) ? [] : examined(withDefaults))]
  }
  const found = descriptorFindings(read.maxConnections)
  if (read.publicUrl === null) {
    const say = 'PUBLIC_URL is not set, so that any Host is answered: set it to the address people use.'
    found.push(warning('configuration', say))
  }
  if (found.length === 0) found.push(ok('configuration', 'Every setting is accepted.'))
  return [...found, ...examined(read)]
}

function configOrFaults(env: Environment): Config | Finding[] {
  try {
    return readConfig(env)
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error
    return error.message.split('\n').map((say) => fault('configuration', say))
  }
}

/** Each socket takes a file descriptor. A warning, not a fault: the service may have another limit than this shell. */
function descriptorFindings(connections: number): Finding[] {
  let limits = ''
  try {
    limits = readFileSync('/proc/self/limits', 'utf8')
  } catch {
    return []
  }
  const soft = /^Max open files\s+(\d+)/m.exec(limits)?.[1]
  if (soft === undefined || Number(soft) > connections + 100) return []
  const say = `${soft} files may be open, fewer than MAX_CONNECTIONS (${connections}) needs: raise the limit (ulimit -n, LimitNOFILE) or lower it.`
  return [warning('configuration', say)]
}

/** Does the server answer through its proxy, and does a WebSocket connect? @param trustProxy the text of TRUST_PROXY */
async function urlFindings(url: string, trustProxy = ''): Promise<Finding[]> {
  const origin = URL.parse(url)?.origin ?? ''
  if (!/^https?:/.test(origin))
    return [fault('url', '--url takes an address such as https://chat.example.com.')]
  const answer = await fetch(`${origin}/readyz`, { signal: AbortSignal.timeout(2_000) }).catch(() => null)
  if (answer === null)
    return [fault('url', `Nobody answers at ${origin}: is the proxy running, and the name right?`)]
  const { ok: isReady, status } = answer
  const ready = isReady
    ? ok('url', `${origin} answers and is ready.`)
    : fault(
        'url',
        `${origin}/readyz answers ${status}: is Hubbub running behind the proxy, and does its log say why?`,
      )
  return [ready, ...proxyFindings(answer.headers, trustProxy), await socketFinding(origin)]
}

/** Hubbub itself sends neither `server` nor `via`. */
function proxyFindings(headers: Headers, trustProxy: string): Finding[] {
  const proxy = /[a-z]+/i.exec(headers.get('server') ?? headers.get('via') ?? '')?.[0]
  if (proxy === undefined || !/^(none)?$/.test(trustProxy.trim())) return []
  const say = `A proxy (${proxy}) stands before the server and TRUST_PROXY is not set, so that all people seem to come from it and no limit by address holds: set TRUST_PROXY to the number of proxies.`
  return [warning('proxy', say)]
}

/** Connects without a session: the close code that says so proves that the handshake passed. */
function socketFinding(origin: string): Promise<Finding> {
  const { promise, resolve } = Promise.withResolvers<Finding>()
  // Bun's WebSocket takes headers; the DOM's type does not.
  const socket = new WebSocket(`${origin.replace(/^http/, 'ws')}/ws?v=${PROTOCOL_VERSION}`, {
    headers: { origin },
  } as unknown as string[])
  const timeout = setTimeout(() => socket.close(), 2_000)
  socket.onclose = ({ code }) => {
    clearTimeout(timeout)
    if (code === CLOSE.noSession || code === CLOSE.version)
      return resolve(ok('socket', `A socket gets in at ${origin}.`))
    const say = `No socket gets in at ${origin} (${code}): let the proxy pass upgrades, set PUBLIC_URL to ${origin}, or add it to ALLOWED_ORIGINS.`
    resolve(fault('socket', say))
  }
  return promise
}
