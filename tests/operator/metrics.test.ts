import { afterAll, beforeAll, expect, setDefaultTimeout, test } from 'bun:test'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { aGuest } from '../support/client/anApp.ts'
import { aServer, aTemporaryDir, freePort, type ServerProcess } from '../support/server/aServer.ts'
import { eventually } from '../support/eventually.ts'
import { samplesOf } from '../support/server/prometheus.ts'
import { openSocket } from '../support/server/socketClient.ts'

setDefaultTimeout(30_000)

const TOKEN = 'b4c1d98e07f2463aa5e8d1c0927f6b3d'
const { dir, remove } = aTemporaryDir()
const port = freePort()
let server: ServerProcess
let origin = ''
beforeAll(async () => {
  writeFileSync(join(dir, 'token'), `${TOKEN}\n`)
  server = await aServer({
    DATA_DIR: join(dir, 'data'),
    METRICS_TOKEN_FILE: join(dir, 'token'),
    METRICS_PORT: String(port),
  })
  origin = await server.ready()
})
afterAll(async () => {
  await server[Symbol.asyncDispose]()
  remove()
})

const scrape = (authorization = `Bearer ${TOKEN}`) =>
  fetch(`${origin}/metrics`, { headers: { authorization } })
const samples = async () => samplesOf(await (await scrape()).text())

const SERIES =
  'ack_seconds backup_age_seconds build_info closed_total commit_seconds connections database_bytes disk_free_bytes dropped_total events_total fanout_seconds frames_total loop_lag_seconds rate_limited_total reset_total rooms sync_total unsent_bytes users writer_queue'

test.each(['', TOKEN, `Bearer ${TOKEN.slice(1)}`, 'bearer x', 'Bearer null'])(
  '[S33] with the authorization "%s" /metrics answers as a path that does not exist',
  async (authorization) => {
    const answer = await scrape(authorization)
    const missing = await fetch(`${origin}/nothing`)
    expect([answer.status, await answer.text()]).toEqual([404, await missing.text()])
    expect(server.out() + server.err()).not.toContain(TOKEN)
  },
)

test('[O16] /metrics is Prometheus text with our twenty series, and is never cached', async () => {
  const answer = await scrape()
  expect(answer.status).toBe(200)
  expect(answer.headers.get('content-type')).toStartWith('text/plain; version=0.0.4')
  expect(answer.headers.get('cache-control')).toBe('no-store')
  const text = await answer.text()
  const types = text.matchAll(/^# TYPE hubbub_([a-z_]+) (?:counter|gauge|histogram)$/gm)
  expect(Array.from(types, ([, name = '']) => name).sort()).toEqual(SERIES.split(' '))
  expect(samplesOf(text).get('process_resident_memory_bytes')).toBeGreaterThan(1_000_000)
})

test('[O16] people, messages and closed sockets are counted, without names', async () => {
  const socket = await (await aGuest(origin, 'Ada')).enter('lobby')
  socket.send({ type: 'send', room: 'lobby', nonce: 'n-0000001', text: 'canary text' })
  await socket.hears('ack')
  const text = await (await scrape()).text()
  const now = samplesOf(text)
  const once =
    'connections users rooms events_total{kind="message"} frames_total{type="send"} sync_total{outcome="live"} commit_seconds_count ack_seconds_count'
  for (const series of once.split(' ')) expect([series, now.get(`hubbub_${series}`)]).toEqual([series, 1])
  expect(now.get('hubbub_fanout_seconds_count')).toBeGreaterThanOrEqual(1)
  expect(now.get('hubbub_database_bytes')).toBeGreaterThan(4_096)
  expect(now.get('hubbub_disk_free_bytes')).toBeGreaterThan(0)
  expect(text).not.toMatch(/canary|Ada|lobby/)

  socket.close()
  await eventually('the close is counted', async () => {
    const later = await samples()
    const isCounted = [...later.keys()].some((name) => name.includes('closed_total'))
    return isCounted && later.get('hubbub_connections') === 0
  })
})

test('[O16] whatever clients send, there are at most 200 series', async () => {
  const eve = await aGuest(origin, 'Eve')
  for (let round = 0; round < 6; round++) {
    const socket = await openSocket(`${origin.replace('http', 'ws')}/ws?v=2`, eve.headers())
    socket.send({ type: 'hello', rooms: [], state: 'active' })
    for (let i = 0; i < 80; i++) socket.send({ type: `made-up-${round}-${i}`, room: `r${i}` })
    socket.raw('{')
    socket.close(4_000 + 7 * round)
  }
  await eventually('the sockets are closed', async () => (await samples()).get('hubbub_connections') === 0)
  const now = await samples()
  expect(now.size).toBeLessThanOrEqual(200)
  expect(now.get('hubbub_dropped_total{reason="unknown"}')).toBeGreaterThan(0)
  expect([...now.keys()].filter((name) => name.includes('made-up'))).toEqual([])
})

test('[O16] METRICS_PORT serves /metrics without a token, and nothing else', async () => {
  const address = `http://127.0.0.1:${port}`
  const text = await (await fetch(`${address}/metrics`)).text()
  expect(samplesOf(text).has('hubbub_connections')).toBe(true)
  for (const path of ['/', '/healthz', '/api/session', '/metrics/', '/zzz/metrics'])
    expect((await fetch(address + path)).status).toBe(404)
  expect((await fetch(`${address}/metrics`, { method: 'POST', body: 'x' })).status).not.toBe(200)
})

test.each([
  ['', false],
  ['0.0.0.0', true],
])(
  '[O37] with METRICS_HOST=%p another address of this machine reaches METRICS_PORT: %p',
  async (host, expected) => {
    const metricsPort = freePort()
    const env = { HOST: '0.0.0.0', METRICS_PORT: String(metricsPort), METRICS_HOST: host }
    await using other = await aServer({ ...env, DATA_DIR: join(dir, `open${host}`) })
    const chatPort = new URL(await other.ready()).port
    const isReached = (port: number | string) =>
      fetch(`http://127.0.0.2:${port}/healthz`).then(Boolean, () => false)
    expect([await isReached(chatPort), await isReached(metricsPort)]).toEqual([true, expected])
  },
)

test('[O33] a METRICS_PORT that is taken is named, exit 1', async () => {
  const second = await aServer({ DATA_DIR: join(dir, 'second'), METRICS_PORT: String(port) })
  expect(await second.exited()).toBe(1)
  expect(second.err()).toStartWith(`METRICS_PORT: Port ${port} is taken`)
})

test('[O16] the dashboard and the alert rules use only series that exist', async () => {
  const read = (name: string) => readFileSync(join(import.meta.dir, '../../docs/monitoring', name), 'utf8')
  const dashboard = JSON.stringify(JSON.parse(read('dashboard.json')))
  const used = (read('alerts.yml') + dashboard).match(/(?<=\bhubbub_)[a-z_]+\b/g) ?? []
  const names = new Set(used.map((name) => name.replace(/(_seconds)_(bucket|sum|count)$/, '$1')))
  expect(names.size).toBeGreaterThan(5)
  expect([...names.difference(new Set(SERIES.split(' ')))]).toEqual([])
})
