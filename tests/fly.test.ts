import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { readConfig } from '../src/config.ts'

const text = await Bun.file(join(import.meta.dir, '../fly.toml')).text()
const fly = Bun.TOML.parse(text) as { env: Record<string, string>; kill_timeout: string }

test('[O20] fly.toml runs one machine with one volume', () => {
  expect<unknown>(fly).toEqual({
    kill_signal: 'SIGTERM',
    kill_timeout: '30s',
    build: { dockerfile: 'Dockerfile' },
    env: { TRUST_PROXY: 'fly', METRICS_PORT: '9091', METRICS_HOST: '::' },
    metrics: { port: 9091, path: '/metrics' },
    deploy: { strategy: 'rolling' },
    mounts: { source: 'data', destination: '/data' },
    http_service: {
      internal_port: 3000,
      force_https: true,
      auto_stop_machines: 'off',
      auto_start_machines: true,
      min_machines_running: 1,
      concurrency: { type: 'connections', soft_limit: 2000, hard_limit: 2500 },
      checks: [{ method: 'GET', path: '/readyz', interval: '15s', timeout: '2s', grace_period: '10s' }],
    },
    vm: [{ cpu_kind: 'shared', cpus: 1, memory: '512mb' }],
  })
  expect(text).toContain('--ha=false')
})

test('[O20] the server accepts the environment of fly.toml, and Fly waits longer than the drain takes', () => {
  const config = readConfig({ ...fly.env, FLY_APP_NAME: 'ours' })
  expect(config).toMatchObject({ trustProxy: 'fly', publicUrl: 'https://ours.fly.dev' })
  expect(Number.parseInt(fly.kill_timeout)).toBeGreaterThan(config.drainSeconds)
})
