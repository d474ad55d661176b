/** Where a server listens: an address of this machine and a port. */
export interface ListenAddress {
  host: string
  port: number
}

/** Why the server cannot listen, for the operator. @param prefix of the settings' names: `METRICS_` for METRICS_PORT */
export function listenErrorText({ host, port }: ListenAddress, error: unknown, prefix = ''): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
  if (code === 'EADDRINUSE')
    return `Port ${port} is taken, perhaps by another Hubbub. Stop what uses it, or set ${prefix}PORT to another number.`
  if (code === 'EACCES')
    return `Port ${port} needs rights this user does not have. Set ${prefix}PORT to a number above 1023.`
  return `Cannot listen on ${host}, port ${port} (${code}). Set ${prefix}HOST and ${prefix}PORT to an address of this machine.`
}

/** The address that people on this machine open. */
export function urlOf({ host, port }: ListenAddress): string {
  const name = host === '0.0.0.0' || host === '::' ? 'localhost' : host.includes(':') ? `[${host}]` : host
  return `http://${name}:${port}`
}

/** The address for the server's own health check, by number: an image may not know the name `localhost`. */
export function probeUrlOf({ host, port }: ListenAddress): string {
  const loopback = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
  return urlOf({ host: loopback, port })
}
