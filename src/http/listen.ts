/** Where a server listens: an address of this machine, and its port. */
export interface ListenAddress {
  host: string
  port: number
}

/** Why the server cannot listen, for the operator. @param prefix of the names of the settings that say where */
export function listenErrorText({ host, port }: ListenAddress, error: unknown, prefix = ''): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
  if (code === 'EADDRINUSE')
    return `Port ${port} is taken, perhaps by another Hubbub. Stop what uses it, or set ${prefix}PORT to another number.`
  if (code === 'EACCES')
    return `Port ${port} needs rights this user does not have. Set ${prefix}PORT to a number above 1023.`
  return `Cannot listen on ${host}, port ${port} (${code}). Set ${prefix}HOST and ${prefix}PORT to an address of this machine.`
}

/** Where people on this machine find it. */
export function urlOf({ host, port }: ListenAddress): string {
  const name = host === '0.0.0.0' || host === '::' ? 'localhost' : host.includes(':') ? `[${host}]` : host
  return `http://${name}:${port}`
}

/** Where the server itself is asked; an image may know no name `localhost`. */
export function probeUrlOf({ host, port }: ListenAddress): string {
  const own = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host
  return urlOf({ host: own, port })
}
