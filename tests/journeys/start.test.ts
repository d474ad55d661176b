import { afterAll, expect, setDefaultTimeout, test } from 'bun:test'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { aCommand } from '../support/server/aCommand.ts'
import { aServer, aTemporaryDir } from '../support/server/aServer.ts'

// Real processes and sockets on a busy machine.
setDefaultTimeout(30_000)

const { dir, remove } = aTemporaryDir()
afterAll(remove)

test('[O2, O18] nothing needs to be set: an empty directory becomes a chat', async () => {
  await using server = await aServer({ DATA_DIR: join(dir, 'data') })
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
  await using first = await aServer(shared)
  await first.ready()
  const second = await aServer(shared)
  expect(await second.exited()).toBe(3)
  expect(second.err()).toStartWith(`Another Hubbub is using the data directory ${shared.DATA_DIR}.`)
  first.kill('SIGKILL')
  await first.exited()
  await using next = await aServer(shared)
  await next.ready()
})

test('[O33] a port that is taken ends the start with one sentence, exit 1', async () => {
  await using first = await aServer({ DATA_DIR: join(dir, 'one') })
  const { port } = new URL(await first.ready())
  const second = await aServer({ DATA_DIR: join(dir, 'two'), PORT: port })
  expect(await second.exited()).toBe(1)
  expect(second.err()).toStartWith(`Port ${port} is taken`)
})

test('[O34] a data directory that cannot be written is named, exit 1', async () => {
  writeFileSync(join(dir, 'file'), '')
  const data = join(dir, 'file', 'data')
  const server = await aServer({ DATA_DIR: data })
  expect(await server.exited()).toBe(1)
  expect(server.err()).toStartWith(`The data directory ${data} cannot be written (ENOTDIR).`)
})

test('[O35] `healthcheck` exits with 0 if the server of this machine is ready, else with 1', async () => {
  const server = await aServer({ DATA_DIR: join(dir, 'health') })
  const { port } = new URL(await server.ready())
  expect((await aCommand(['healthcheck'], { PORT: port })).code).toBe(0)
  await server[Symbol.asyncDispose]()
  const err = `No answer from http://127.0.0.1:${port}/readyz.\n`
  expect(await aCommand(['healthcheck'], { PORT: port })).toMatchObject({ code: 1, err })
})
