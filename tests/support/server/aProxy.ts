import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from './aServer.ts'
import { eventually } from '../eventually.ts'

const SNIPPETS = join(import.meta.dir, '../../../docs/proxies')

/** A real proxy in front of a server, configured by a snippet of `docs/proxies`. */
export interface Proxy {
  /** `https://localhost:4443` */
  readonly origin: string
  start(): Promise<void>
  stop(): Promise<void>
}

/** The proxies that a test can start. */
export const PROXIES = ['caddy', 'nginx'] as const
export type Kind = (typeof PROXIES)[number]

/**
 * The snippet unchanged, except for the host name, the certificate and the ports, which a test machine cannot have.
 * @param behind the port that Hubbub listens on
 */
export async function aProxy(kind: Kind, dir: string, behind: number): Promise<Proxy> {
  const port = freePort()
  mkdirSync(dir, { recursive: true })
  const command = await (kind === 'caddy' ? caddy : nginx)(dir, port, behind)
  let child: Bun.Subprocess | null = null
  return {
    origin: `https://localhost:${port}`,
    async start() {
      child = Bun.spawn(command, {
        env: { PATH: process.env.PATH ?? '', HOME: dir, XDG_DATA_HOME: dir },
        stdio: ['ignore', 'ignore', 'ignore'],
      })
      await eventually(
        `${kind} listens`,
        () =>
          Bun.connect({ hostname: '127.0.0.1', port, socket: { data() {} } }).then(
            (socket) => (socket.end(), true),
          ),
        15_000,
      )
    },
    async stop() {
      child?.kill('SIGTERM')
      await child?.exited
    },
  }
}

function replaced(text: string, changes: Record<string, string>): string {
  return Object.entries(changes).reduce((before, [from, to]) => {
    if (!before.includes(from)) throw new Error(`the snippet has no ${from}`)
    return before.replaceAll(from, to)
  }, text)
}

async function caddy(dir: string, port: number, behind: number): Promise<string[]> {
  const snippet = await Bun.file(join(SNIPPETS, 'Caddyfile')).text()
  const site = replaced(snippet, {
    'chat.example.com {': `localhost:${port} {`,
    '127.0.0.1:3000': `127.0.0.1:${behind}`,
  })
  const globals =
    '{\n\tadmin off\n\tskip_install_trust\n\tlocal_certs\n\tauto_https disable_redirects\n\tdefault_bind 127.0.0.1\n}\n'
  writeFileSync(join(dir, 'Caddyfile'), globals + site)
  return ['caddy', 'run', '--config', join(dir, 'Caddyfile'), '--adapter', 'caddyfile']
}

async function nginx(dir: string, port: number, behind: number): Promise<string[]> {
  const snippet = await Bun.file(join(SNIPPETS, 'nginx.conf')).text()
  const certificate = ['-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', '-subj', '/CN=localhost']
  Bun.spawnSync([
    'openssl',
    'req',
    ...certificate,
    '-keyout',
    join(dir, 'key.pem'),
    '-out',
    join(dir, 'cert.pem'),
  ])
  const site = replaced(snippet, {
    'listen 80;': `listen 127.0.0.1:${freePort()};`,
    'listen 443 ssl': `listen 127.0.0.1:${port} ssl`,
    'server_name chat.example.com': 'server_name localhost',
    '/etc/letsencrypt/live/chat.example.com/fullchain.pem': join(dir, 'cert.pem'),
    '/etc/letsencrypt/live/chat.example.com/privkey.pem': join(dir, 'key.pem'),
    '127.0.0.1:3000': `127.0.0.1:${behind}`,
  })
  const temp = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${dir}/${name};`,
  )
  const whole = `daemon off; master_process off; pid ${dir}/pid; error_log ${dir}/error.log;
    events { worker_connections 256; }
    http { access_log off; ${temp.join(' ')}\n${site}\n}\n`
  writeFileSync(join(dir, 'nginx.conf'), whole)
  return ['nginx', '-p', dir, '-c', join(dir, 'nginx.conf')]
}
