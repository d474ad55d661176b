import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
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
  server.kill('SIGKILL')
  await server.exited()
  remove()
})

const scrape = () => fetch(`${origin}/metrics`, { headers: { authorization: `Bearer ${TOKEN}` } })
const samples = async () => samplesOf(await (await scrape()).text())

describe('/metrics', () => {
  test('[S33] without the token there is no such page, and nothing shows that there could be', async () => {
    const nothing = await fetch(`${origin}/nothing`)
    const body = await nothing.text()
    for (const authorization of ['', TOKEN, `Bearer ${TOKEN.slice(1)}`, `bearer x`, 'Bearer null']) {
      const answer = await fetch(`${origin}/metrics`, { headers: { authorization } })
      expect([answer.status, await answer.text()]).toEqual([404, body])
    }
    expect(nothing.status).toBe(404)
  })

  test('[S33] the token is in no line of the log', () => {
    expect(server.out() + server.err()).not.toContain(TOKEN)
  })

  test('[O16] it is Prometheus’ text, never kept, with the twenty series of our own', async () => {
    const answer = await scrape()
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toStartWith('text/plain; version=0.0.4')
    expect(answer.headers.get('cache-control')).toBe('no-store')
    const text = await answer.text()
    const own = [...text.matchAll(/^# TYPE hubbub_([a-z_]+) (?:counter|gauge|histogram)$/gm)].map(
      ([, name = '']) => name,
    )
    const promised =
      'connections users rooms events_total frames_total dropped_total rate_limited_total closed_total sync_total reset_total commit_seconds ack_seconds fanout_seconds loop_lag_seconds writer_queue unsent_bytes database_bytes disk_free_bytes backup_age_seconds build_info'
    expect(own.toSorted()).toEqual(promised.split(' ').toSorted())
    expect(samplesOf(text).get('process_resident_memory_bytes')).toBeGreaterThan(1_000_000)
  })

  test('[O16] what happens is counted: people, messages, refusals, ends', async () => {
    const ada = await aGuest(origin, 'Ada')
    const socket = await ada.enter('lobby')
    socket.send({ type: 'send', room: 'lobby', nonce: 'n-0000001', text: 'canary text' })
    await socket.hears('ack')
    const text = await (await scrape()).text()
    const now = samplesOf(text)
    expect(now.get('hubbub_connections')).toBe(1)
    expect(now.get('hubbub_users')).toBe(1)
    expect(now.get('hubbub_rooms')).toBe(1)
    expect(now.get('hubbub_events_total{kind="message"}')).toBe(1)
    expect(now.get('hubbub_frames_total{type="send"}')).toBe(1)
    expect(now.get('hubbub_sync_total{outcome="live"}')).toBe(1)
    expect(now.get('hubbub_commit_seconds_count')).toBe(1)
    expect(now.get('hubbub_ack_seconds_count')).toBe(1)
    expect(now.get('hubbub_fanout_seconds_count')).toBeGreaterThanOrEqual(1)
    expect(now.get('hubbub_database_bytes')).toBeGreaterThan(4_096)
    expect(now.get('hubbub_disk_free_bytes')).toBeGreaterThan(0)
    expect(text).not.toMatch(/canary|Ada|lobby/)

    socket.close()
    await eventually('the end is counted', async () => {
      const later = await samples()
      return (
        later.get('hubbub_connections') === 0 &&
        [...later.keys()].some((name) => name.includes('closed_total'))
      )
    })
  })

  test('[O16] whatever clients send, there are at most 200 series', async () => {
    const eve = await aGuest(origin, 'Eve')
    for (let round = 0; round < 6; round++) {
      const socket = await openSocket(`${origin.replace('http', 'ws')}/ws?v=2`, eve.headers())
      socket.send({ type: 'hello', rooms: [], state: 'active' })
      for (let i = 0; i < 80; i++)
        socket.raw(JSON.stringify({ type: `made-up-${round}-${i}`, room: `r${i}` }))
      socket.raw('{')
      socket.close(4_000 + 7 * round)
    }
    await eventually('they are gone', async () => (await samples()).get('hubbub_connections') === 0)
    const now = await samples()
    expect(now.size).toBeLessThanOrEqual(200)
    expect(now.get('hubbub_dropped_total{reason="unknown"}')).toBeGreaterThan(0)
    expect([...now.keys()].filter((name) => name.includes('made-up'))).toEqual([])
  })
})

describe('METRICS_PORT', () => {
  test('[O16] has the same page without a token, and no other', async () => {
    const at = `http://127.0.0.1:${port}`
    const answer = await fetch(`${at}/metrics`)
    expect(samplesOf(await answer.text()).has('hubbub_connections')).toBe(true)
    for (const path of ['/', '/healthz', '/api/session', '/metrics/', '/zzz/metrics'])
      expect((await fetch(at + path)).status).toBe(404)
    expect((await fetch(`${at}/metrics`, { method: 'POST', body: 'x' })).status).not.toBe(200)
  })

  test('[O37] listens on this machine alone, wherever the chat does, unless METRICS_HOST says otherwise', async () => {
    const reached = (at: number) =>
      fetch(`http://127.0.0.2:${at}/healthz`).then(
        () => true,
        () => false,
      )
    for (const [host, isReached] of [
      ['', false],
      ['0.0.0.0', true],
    ] as const) {
      const at = freePort()
      const open = await aServer({
        DATA_DIR: join(dir, `open${host}`),
        HOST: '0.0.0.0',
        METRICS_PORT: String(at),
        METRICS_HOST: host,
      })
      const chat = Number(new URL(await open.ready()).port)
      expect([await reached(chat), await reached(at)]).toEqual([true, isReached])
      open.kill('SIGKILL')
      await open.exited()
    }
  })

  test('[O33] one that is taken is said by its name, exit 1', async () => {
    const second = await aServer({ DATA_DIR: join(dir, 'second'), METRICS_PORT: String(port) })
    expect(await second.exited()).toBe(1)
    expect(second.err()).toStartWith(`METRICS_PORT: Port ${port} is taken`)
  })
})

test('[O16] the dashboard and the six alert rules use only series there are', async () => {
  const there = new Set([...(await samples()).keys()].map((series) => series.replace(/\{.*/, '')))
  // those that appear with the first thing they count
  for (const name of ['reset_total', 'rate_limited_total', 'backup_age_seconds']) there.add(`hubbub_${name}`)
  const folder = join(import.meta.dir, '../../docs/monitoring')
  const alerts = readFileSync(join(folder, 'alerts.yml'), 'utf8')
  expect(alerts.match(/^ +- alert: /gm)?.length).toBe(6)
  const dashboard = readFileSync(join(folder, 'dashboard.json'), 'utf8')
  expect(() => JSON.parse(dashboard)).not.toThrow()
  const used = (alerts + dashboard).match(/\b(?:hubbub|process)_[a-z_]+\b/g) ?? []
  expect(used.length).toBeGreaterThan(10)
  expect([...new Set(used)].filter((name) => !there.has(name))).toEqual([])
})
