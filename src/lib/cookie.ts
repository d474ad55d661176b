/**
 * Every value a Cookie header has under a name, each once, in its order. The name is compared whole and as it stands;
 * nothing is decoded, and no name is ever a property.
 */
export function cookieValues(header: string | null, name: string): string[] {
  const values = new Set<string>()
  for (const pair of (header ?? '').split(';')) {
    const at = pair.indexOf('=')
    if (at > 0 && pair.slice(0, at).trim() === name) values.add(pair.slice(at + 1).trim())
  }
  return [...values]
}

/**
 * What the session cookie is called (S20). A browser sends a cookie to every port of a host, so two chats on one host need two
 * names; `__Host-` keeps a sibling host from setting it, and exists over https alone.
 * @param host with its port, which is left out where it is the scheme's own
 */
export function sessionCookie(secure: boolean, host: string): string {
  if (secure) return '__Host-session'
  const port = Number(/:(\d+)$/.exec(host)?.[1] ?? 80)
  return port === 80 || port === 443 ? 'session' : `session-${port}`
}

/** A cookie for this host alone that no script can read. @param seconds how long it lives; 0 ends it */
export function setCookie(name: string, value: string, seconds: number, secure: boolean): string {
  return `${name}=${value}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${seconds}${secure ? '; Secure' : ''}`
}
