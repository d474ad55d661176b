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

const YEAR = 365 * 24 * 60 * 60

/** Where people find the chat, and for how long (s) a browser keeps the whole host to https; null: the default. */
export interface HstsSettings {
  publicUrl: string | null
  hstsSeconds: number | null
}

/** HSTS holds for every port of a host, so by default only a chat on port 443 asks for it (S81). */
function hstsSecondsOf({ publicUrl, hstsSeconds }: HstsSettings): number {
  const url = new URL(publicUrl ?? 'http://localhost')
  if (url.protocol !== 'https:') return 0
  return hstsSeconds ?? (url.port === '' ? YEAR : 0)
}

/** Makes a function that sets the headers of every answer; an answer may set another `Cache-Control`. */
export function securityHeaders(settings: HstsSettings) {
  const { publicUrl } = settings
  const publicHost = publicUrl === null ? null : new URL(publicUrl).host
  const seconds = hstsSecondsOf(settings)
  const common = { ...COMMON, ...(seconds > 0 && { 'strict-transport-security': `max-age=${seconds}` }) }

  /** @param host where the page's socket may connect, null while the Host is not trusted */
  return (headers: Record<string, unknown>, host: string | null, secure: boolean): void => {
    const socket = host === null ? '' : ` ${secure ? 'wss' : 'ws'}://${publicHost ?? host}`
    Object.assign(headers, common)
    headers['content-security-policy'] = contentSecurityPolicy + socket
  }
}
