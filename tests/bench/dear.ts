/** What the dearest legal requests take of the server's loop: asked by one person, and by a thousand. Of Hubbub alone. */
import { existsSync, readFileSync } from 'node:fs'
import { cp, mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { PROTOCOL_VERSION } from '../../src/shared/limits.ts'
import { aHeavyPlace, type Holder } from '../support/server/aHeavyPlace.ts'
import type { Run } from './figures.ts'
import { type Bench, started } from './play.ts'
import type { Scenario } from './scenarios.ts'
import type { Server } from './servers.ts'

/** What is asked: a page of HTTP, the first page of a room over a socket, that one has read what a room just heard. */
export type Ask = { get: string } | { join: string } | { read: string }

const MUCH = { people: 1_300, unread: 10_000, reactions: 100_000, deleted: 3_000, own: 0, ownOfFirst: 0 }
/** A thousand ask once each, and one asks as often as anybody may at once. */
const MANY = 1_000
const OFTEN = 20
/** heavy pages of history count several times */
const HEAVY_PAGES = 7
/** requests under way at a time, so that no answer waits for the reader */
const TOGETHER = 16
/** messages said in a room for what is read there, and ms until the server has told of it what it tells: it does so each second */
const SAID = 3
const TOLD = 1_500

interface Person {
  /** once: resolves when it is answered */
  ask(): Promise<void>
  end(): void
}

/** Asks the server of this place. @throws Error what was answered else */
export async function dear(bench: Bench, server: Server, { ask }: Scenario): Promise<Run['figures']> {
  if (ask === undefined) throw new TypeError('nothing is asked')
  const { dir, people } = await place(bench.home)
  const copy = join(bench.home, 'asked')
  await rm(copy, { recursive: true, force: true })
  await cp(dir, copy, { recursive: true })
  const { port, pid, end } = await started(bench, server, { DATA_DIR: copy })
  try {
    const [one, ...others] = people
    if (one === undefined) throw new TypeError('nobody')
    if ('read' in ask) return await reading(port, pid, ask.read, people.slice(0, MANY))
    // What the first of a server cost is the compiler's.
    const warm = others.slice(MANY)
    await each(await persons(port, ask, warm), 1)
    const often = 'get' in ask && ask.get.endsWith('/messages') ? HEAVY_PAGES : OFTEN
    const loop = await perRequest(pid, await persons(port, ask, [one]), often)
    const loopOfMany = await perRequest(pid, await persons(port, ask, others.slice(0, MANY)), 1)
    return { loop, loopOfMany }
  } finally {
    await end()
    await rm(copy, { recursive: true, force: true })
  }
}

/** Made once: it takes half a minute. */
async function place(home: string): Promise<{ dir: string; people: Holder[] }> {
  const [dir, file] = [join(home, 'heavy'), join(home, 'heavy.json')]
  if (!existsSync(file)) {
    await rm(dir, { recursive: true, force: true })
    await mkdir(home, { recursive: true })
    await Bun.write(file, JSON.stringify(aHeavyPlace(dir, MUCH)))
  }
  return { dir, people: (await Bun.file(file).json()) as Holder[] }
}

/** ms that the thread of the loop has worked. */
function loopOf(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'utf8').split(' ')[0]) / 1_000_000
}

/** ms of the loop for each of their requests. */
async function perRequest(pid: number, all: readonly Person[], times: number): Promise<number> {
  const before = loopOf(pid)
  await each(all, times)
  const used = loopOf(pid) - before
  for (const person of all) person.end()
  return used / (all.length * times)
}

/** All of them ask so often, a few at a time. */
async function each(all: readonly Person[], times: number): Promise<void> {
  const queue = Array.from({ length: times }, () => all).flat()
  const asking = async () => {
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) await next.ask()
  }
  await Promise.all(Array.from({ length: Math.min(TOGETHER, all.length) }, asking))
}

async function persons(
  port: number,
  ask: Exclude<Ask, { read: string }>,
  who: readonly Holder[],
): Promise<Person[]> {
  if ('join' in ask)
    return await Promise.all(who.map(async (holder) => joining(await opened(port, holder), ask.join)))
  return who.map(({ token }) => ({
    async ask() {
      const headers = { authorization: `Bearer ${token}` }
      const answer = await fetch(`http://127.0.0.1:${port}${ask.get}`, { headers })
      await answer.arrayBuffer()
      if (answer.status !== 200) throw new Error(`${ask.get}: ${answer.status}`)
    },
    end() {},
  }))
}

function joining(socket: Line, room: string): Person {
  return {
    ask: async () => {
      socket.send(`{"type":"join","ref":"r","room":"${room}","seq":0,"id":null}`)
      await socket.hears((text) => text.startsWith('{"type":"sync"') && text.includes('"more":false'))
    },
    end: () => socket.close(),
  }
}

/** What is read by a thousand each time that something was said, and by one person of them alone. */
async function reading(
  port: number,
  pid: number,
  room: string,
  who: readonly Holder[],
): Promise<Run['figures']> {
  const lines = await Promise.all(who.map((holder) => opened(port, holder)))
  await each(
    lines.map((line) => joining(line, room)),
    1,
  )
  const [speaker] = lines
  if (speaker === undefined) throw new TypeError('nobody')
  let said = 0
  const say = async () => {
    said += 1
    const nonce = `said-here-${said}`
    const all = lines.map((line) => line.hears((text) => text.includes(nonce)))
    speaker.send(JSON.stringify({ type: 'send', nonce, room, text: `number ${said}` }))
    const [first = ''] = await Promise.all(all)
    return Number(/"seq":(\d+)/.exec(first)?.[1])
  }
  /** ms of the loop for all that comes of this, and of the time until then without it. */
  const cost = async (what: () => void) => {
    const before = loopOf(pid)
    what()
    await Bun.sleep(TOLD)
    return loopOf(pid) - before
  }
  const isRead = (seq: number) => `{"type":"read","room":"${room}","seq":${seq}}`
  let used = 0
  // The first round is the compiler's.
  for (let round = 0; round <= SAID; round += 1) {
    const seq = await say()
    await Bun.sleep(TOLD)
    const idle = await cost(() => {})
    const all = await cost(() => lines.forEach((line) => line.send(isRead(seq))))
    if (round > 0) used += all - idle
  }
  const seqs: number[] = []
  for (let at = 0; at < OFTEN; at += 1) seqs.push(await say())
  await Bun.sleep(TOLD)
  const idle = await cost(() => {})
  const one = await cost(() => seqs.forEach((seq) => speaker.send(isRead(seq))))
  const loop = Math.max(0, one - idle) / OFTEN
  for (const line of lines) line.close()
  return { loop, loopOfMany: used / (SAID * lines.length) }
}

interface Line {
  send(text: string): void
  /** the next frame that fits */
  hears(fits: (text: string) => boolean): Promise<string>
  close(): void
}

/** A socket past its hello. */
async function opened(port: number, { token }: Holder): Promise<Line> {
  const headers = { authorization: `Bearer ${token}` }
  // Bun's own; the DOM's type has no headers
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws?v=${PROTOCOL_VERSION}`, {
    headers,
  } as unknown as string[])
  const waiting = new Set<{
    fits(text: string): boolean
    heard(text: string): void
    lost(why: Error): void
  }>()
  socket.onmessage = ({ data }) => {
    const text = String(data)
    for (const one of waiting) {
      if (!one.fits(text)) continue
      waiting.delete(one)
      one.heard(text)
    }
  }
  socket.onclose = ({ code }) => {
    for (const one of waiting) one.lost(new Error(`closed ${code}`))
  }
  const line: Line = {
    send: (text) => socket.send(text),
    hears: (fits) => new Promise((heard, lost) => waiting.add({ fits, heard, lost })),
    close: () => socket.close(),
  }
  const welcome = line.hears((text) => text.startsWith('{"type":"welcome"'))
  socket.onopen = () => socket.send('{"type":"hello","rooms":[],"state":"active"}')
  await welcome
  return line
}
