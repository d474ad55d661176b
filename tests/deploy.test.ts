import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { readConfig } from '../src/config.ts'

const read = (path: string) => Bun.file(join(import.meta.dir, '..', path)).text()

test('[O20] fly.toml runs one machine with one volume, whose settings the server accepts', async () => {
  const text = await read('fly.toml')
  const { env, kill_timeout, ...fly } = Bun.TOML.parse(text) as {
    env: Record<string, string>
    kill_timeout: string
  }
  expect(fly).toMatchObject({
    kill_signal: 'SIGTERM',
    mounts: { source: 'data', destination: '/data' },
    metrics: { port: Number(env['METRICS_PORT']), path: '/metrics' },
    http_service: {
      internal_port: 3000,
      force_https: true,
      auto_stop_machines: 'off',
      min_machines_running: 1,
      checks: [{ method: 'GET', path: '/readyz' }],
    },
  })
  expect(text).toContain('--ha=false')
  const config = readConfig({ ...env, FLY_APP_NAME: 'ours' })
  expect(config).toMatchObject({ trustProxy: 'fly', publicUrl: 'https://ours.fly.dev' })
  expect(Number.parseInt(kill_timeout)).toBeGreaterThan(config.drainSeconds)
})

test('[O23] compose.yaml and the systemd unit run unprivileged, and wait longer than the drain takes', async () => {
  const { services } = Bun.YAML.parse(await read('compose.yaml')) as {
    services: Record<string, { stop_grace_period: string }>
  }
  expect(services).toMatchObject({
    hubbub: { read_only: true, cap_drop: ['ALL'], user: '1000:1000', volumes: ['data:/data'] },
  })
  const unit = await read('docs/systemd/hubbub.service')
  const waits = [services['hubbub']?.stop_grace_period, /^TimeoutStopSec=(.*)$/m.exec(unit)?.[1]]
  for (const wait of waits) expect(Number.parseInt(wait ?? '')).toBeGreaterThan(readConfig({}).drainSeconds)
  for (const line of ['User=hubbub', 'ProtectSystem=strict', 'NoNewPrivileges=yes', 'CapabilityBoundingSet='])
    expect(unit.split('\n')).toContain(line)
})
