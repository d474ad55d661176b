const contentSecurityPolicy = [
  `default-src 'none'`,
  `script-src 'self'`,
  `style-src 'self'`,
  `img-src 'self' data:`,
  `font-src 'self'`,
  `media-src 'self'`,
  `manifest-src 'self'`,
  `worker-src 'none'`,
  `base-uri 'none'`,
  `form-action 'self'`,
  `frame-ancestors 'none'`,
  `require-trusted-types-for 'script'`,
  `trusted-types 'none'`,
  `connect-src 'self'`,
].join('; ')

const COMMON = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), microphone=(), geolocation=(), payment=(), usb=()',
  'x-frame-options': 'DENY',
  'cache-control': 'no-store',
}

/** Makes a function that sets the headers of every answer; an answer may set another `Cache-Control`. */
export function securityHeaders(publicUrl: string | null) {
  const publicHost = publicUrl === null ? null : new URL(publicUrl).host
  const hsts = publicUrl?.startsWith('https:') && { 'strict-transport-security': 'max-age=31536000' }
  const common = { ...COMMON, ...hsts }

  /** @param host where the page's socket may connect, null while the Host is not trusted */
  return (headers: Record<string, unknown>, host: string | null, secure: boolean): void => {
    const socket = host === null ? '' : ` ${secure ? 'wss' : 'ws'}://${publicHost ?? host}`
    Object.assign(headers, common)
    headers['content-security-policy'] = contentSecurityPolicy + socket
  }
}
