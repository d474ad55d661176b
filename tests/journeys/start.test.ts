import { afterAll, expect, setDefaultTimeout, test } from 'bun:test'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { aServer, aTemporaryDir, type ServerProcess } from '../support/server/aServer.ts'

// Real processes and sockets on a busy machine.
setDefaultTimeout(30_000)

const { dir, remove } = aTemporaryDir()
const servers: ServerProcess[] = []
afterAll(async () => {
  for (const server of servers) server.kill('SIGKILL')
  await Promise.all(servers.map((server) => server.exited()))
  remove()
})
async function start(env: Record<string, string>, ...args: string[]): Promise<ServerProcess> {
  const server = await aServer({ DATA_DIR: join(dir, 'data'), ...env }, ...args)
  servers.push(server)
  return server
}

test('[O2, O18] nothing needs to be set: an empty directory becomes a chat', async () => {
  const server = await start({})
  const origin = await server.ready()
  const page = await fetch(origin)
  expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
  expect((await fetch(`${origin}/chat/lobby`)).status).toBe(200)
  const status = readFileSync(`/proc/${server.pid}/status`, 'utf8')
  const rss = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1_024
  const ms = server.firstAnswer.toFixed(0)
  console.info(`  first answer after ${ms} ms, ${rss.toFixed(0)} MiB resident (from source)`)
  expect(server.out()).toContain('"msg":"ready"')
  expect(server.err()).toBe('')
})

test('[O6] a second server on a directory exits with 3; after `kill -9` of the first the next one starts', async () => {
  const shared = { DATA_DIR: join(dir, 'shared') }
  const first = await start(shared)
  await first.ready()
  const second = await start(shared)
  expect(await second.exited()).toBe(3)
  expect(second.err()).toStartWith(`Another Hubbub is using the data directory ${shared.DATA_DIR}.`)
  first.kill('SIGKILL')
  await first.exited()
  await (await start(shared)).ready()
})

test('[O33] a port that is taken ends the start with one sentence, exit 1', async () => {
  const { port } = new URL(await (await start({ DATA_DIR: join(dir, 'one') })).ready())
  const second = await start({ DATA_DIR: join(dir, 'two'), PORT: port })
  expect(await second.exited()).toBe(1)
  expect(second.err()).toStartWith(`Port ${port} is taken`)
})

test('[O34] a data directory that cannot be written is named, exit 1', async () => {
  writeFileSync(join(dir, 'file'), '')
  const server = await start({ DATA_DIR: join(dir, 'file', 'data') })
  expect(await server.exited()).toBe(1)
  const sentence = `The data directory ${join(dir, 'file', 'data')} cannot be written (ENOTDIR).`
  expect(server.err()).toStartWith(sentence)
})

test('[O35] `healthcheck` exits with 0 if the server of this machine is ready, else with 1', async () => {
  const server = await start({ DATA_DIR: join(dir, 'health') })
  const { port } = new URL(await server.ready())
  expect(await (await start({ PORT: port }, 'healthcheck')).exited()).toBe(0)
  server.kill('SIGKILL')
  await server.exited()
  const late = await start({ PORT: port }, 'healthcheck')
  expect(await late.exited()).toBe(1)
  expect(late.err()).toBe(`No answer from http://127.0.0.1:${port}/readyz.\n`)
})
