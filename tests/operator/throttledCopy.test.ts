import { afterAll, expect, test } from 'bun:test'
import { appendFileSync, closeSync, existsSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { copyDifferences, WriteThrottle } from '../../src/operator/throttledCopy.ts'
import { aTemporaryDir } from '../support/server/aServer.ts'

const { dir, remove } = aTemporaryDir()
afterAll(remove)

const MEGABYTE = 1024 * 1024
/** Makes `target` equal to `source`. @returns bytes written */
async function made(target: string, source: string): Promise<number> {
  const [from, to] = [openSync(source, 'r'), openSync(target, 'r+')]
  try {
    return await copyDifferences(to, from, new WriteThrottle(false))
  } finally {
    closeSync(from)
    closeSync(to)
  }
}

test('[O24] a file is made equal to another, larger or smaller, and only what differs is written', async () => {
  const [source, target] = [join(dir, 'source'), join(dir, 'target')]
  const content = Buffer.from(Array.from({ length: 2.5 * MEGABYTE }, (_, at) => (at * 7) % 251))
  writeFileSync(source, content)
  writeFileSync(target, '')
  expect(await made(target, source)).toBe(content.length)
  expect(await made(target, source)).toBe(0)
  content[MEGABYTE + 5] = 255
  writeFileSync(source, content)
  expect(await made(target, source)).toBeLessThan(MEGABYTE / 10)
  writeFileSync(source, content.subarray(0, MEGABYTE + 100))
  expect(await made(target, source)).toBe(0)
  expect(readFileSync(target).equals(readFileSync(source))).toBe(true)
})

test('[O24] one that grows faster than it is copied is copied up to where it was', async () => {
  const [source, target] = [join(dir, 'growing'), join(dir, 'copy of it')]
  writeFileSync(source, Buffer.alloc(3 * MEGABYTE, 1))
  writeFileSync(target, '')
  const [from, to] = [openSync(source, 'r'), openSync(target, 'r+')]
  let grown = 0
  const growing = setInterval(() => {
    grown += 1
    // Were it followed, it would never end; a test must.
    if (grown <= 40) appendFileSync(source, Buffer.alloc(2 * MEGABYTE, 2))
  }, 1)
  expect(await copyDifferences(to, from, new WriteThrottle(true))).toBe(3 * MEGABYTE)
  clearInterval(growing)
  expect(grown).toBeGreaterThan(0)
  expect(readFileSync(target).every((byte) => byte === 1)).toBe(true)
  closeSync(from)
  closeSync(to)
}, 20_000)

test('[O24] who goes gently rests after each megabyte, also where a large file is removed; else never', async () => {
  const file = join(dir, 'large')
  const rests = async (gently: boolean) => {
    let rested = 0
    const pace = new WriteThrottle(gently)
    writeFileSync(file, Buffer.alloc(40 * MEGABYTE))
    const descriptor = openSync(file, 'r')
    const turns = async (work: Promise<void>) => {
      let over = false
      void work.then(() => (over = true))
      await Promise.resolve()
      await Promise.resolve()
      if (!over) rested += 1
      await work
    }
    for (let at = 0; at < 8; at += 1) await turns(pace.afterWrite(descriptor, MEGABYTE / 2))
    closeSync(descriptor)
    const whileWritten = rested
    await turns(pace.remove(file))
    return [whileWritten, rested - whileWritten, existsSync(file)]
  }
  expect(await rests(true)).toEqual([4, 1, false])
  expect(await rests(false)).toEqual([0, 0, false])
})
