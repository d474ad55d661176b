const contentSecurityPolicy = (ws: string) =>
  [
    `default-src 'none'`,
    `script-src 'self'`,
    `style-src 'self'`,
    `img-src 'self' data:`,
    `font-src 'self'`,
    `media-src 'self'`,
    `connect-src 'self'${ws}`,
    `manifest-src 'self'`,
    `worker-src 'none'`,
    `base-uri 'none'`,
    `form-action 'self'`,
    `frame-ancestors 'none'`,
    `require-trusted-types-for 'script'`,
    `trusted-types 'none'`,
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

/**
 * What every answer carries; an answer may name another `Cache-Control`.
 * @param host where the page's socket may go, null before the Host is believed
 */
export function securityHeaders(
  host: string | null,
  secure: boolean,
  publicUrl: string | null,
): Readonly<Record<string, string>> {
  const ws = host === null ? '' : ` ${secure ? 'wss' : 'ws'}://${publicUrl ? new URL(publicUrl).host : host}`
  return {
    ...COMMON,
    'content-security-policy': contentSecurityPolicy(ws),
    ...(publicUrl?.startsWith('https:') && { 'strict-transport-security': 'max-age=31536000' }),
  }
}
