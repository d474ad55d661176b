const contentSecurityPolicy = (socketOrigin: string) =>
  [
    `default-src 'none'`,
    `script-src 'self'`,
    `style-src 'self'`,
    `img-src 'self' data:`,
    `font-src 'self'`,
    `media-src 'self'`,
    `connect-src 'self'${socketOrigin}`,
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
 * The headers of every answer; an answer may set another `Cache-Control`.
 * @param host where the page's socket may connect, null while the Host is not trusted
 */
export function securityHeaders(
  host: string | null,
  secure: boolean,
  publicUrl: string | null,
): Record<string, string> {
  const scheme = secure ? 'wss' : 'ws'
  const socketOrigin = host === null ? '' : ` ${scheme}://${publicUrl ? new URL(publicUrl).host : host}`
  return {
    ...COMMON,
    'content-security-policy': contentSecurityPolicy(socketOrigin),
    ...(publicUrl?.startsWith('https:') && { 'strict-transport-security': 'max-age=31536000' }),
  }
}
