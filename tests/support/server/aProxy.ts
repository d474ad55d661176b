import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from './aServer.ts'
import { eventually } from '../eventually.ts'

const SNIPPETS = join(import.meta.dir, '../../../docs/proxies')

/** The proxies that a test can start. */
export const PROXIES = ['caddy', 'nginx'] as const
export type Proxy = Awaited<ReturnType<typeof aProxy>>

/**
 * A real proxy, configured by the snippet of `docs/proxies` except for the host name, the certificate and the ports.
 * @param behind the port that Hubbub listens on
 */
export async function aProxy(kind: (typeof PROXIES)[number], dir: string, behind: number) {
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
      const connect = async () => {
        const socket = await Bun.connect({ hostname: '127.0.0.1', port, socket: { data() {} } })
        socket.end()
        return true
      }
      await eventually(`${kind} listens`, connect, 15_000)
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
  const options = ['admin off', 'skip_install_trust', 'local_certs', 'auto_https disable_redirects']
  const globals = `{\n\t${[...options, 'default_bind 127.0.0.1'].join('\n\t')}\n}\n`
  writeFileSync(join(dir, 'Caddyfile'), globals + site)
  return ['caddy', 'run', '--config', join(dir, 'Caddyfile'), '--adapter', 'caddyfile']
}

async function nginx(dir: string, port: number, behind: number): Promise<string[]> {
  const snippet = await Bun.file(join(SNIPPETS, 'nginx.conf')).text()
  const [key, certificate] = [join(dir, 'key.pem'), join(dir, 'cert.pem')]
  const openssl = 'openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=localhost'.split(' ')
  Bun.spawnSync([...openssl, '-keyout', key, '-out', certificate])
  const site = replaced(snippet, {
    'listen 80;': `listen 127.0.0.1:${freePort()};`,
    'listen 443 ssl': `listen 127.0.0.1:${port} ssl`,
    'server_name chat.example.com': 'server_name localhost',
    '/etc/letsencrypt/live/chat.example.com/fullchain.pem': certificate,
    '/etc/letsencrypt/live/chat.example.com/privkey.pem': key,
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
