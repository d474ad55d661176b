import { afterAll, expect, spyOn, test } from 'bun:test'
import { appendFileSync, closeSync, existsSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { copyDifferences, WriteThrottle } from '../../src/operator/throttledCopy.ts'
import { aTemporaryDir } from '../support/server/aServer.ts'

const { dir, remove } = aTemporaryDir()
afterAll(remove)

const MEGABYTE = 1024 * 1024
/** @returns bytes written */
async function copied(target: string, source: string, isThrottled = false): Promise<number> {
  const [from, to] = [openSync(source, 'r'), openSync(target, 'r+')]
  const written = await copyDifferences(to, from, new WriteThrottle(isThrottled))
  closeSync(from)
  closeSync(to)
  return written
}

test('[O24] a copy becomes equal to its source, and only blocks that differ are written', async () => {
  const [source, target] = [join(dir, 'source'), join(dir, 'target')]
  const content = Buffer.from(Array.from({ length: 2.5 * MEGABYTE }, (_, at) => (at * 7) % 251))
  writeFileSync(source, content)
  writeFileSync(target, '')
  expect(await copied(target, source)).toBe(content.length)
  expect(await copied(target, source)).toBe(0)
  content[MEGABYTE + 5] = 255
  writeFileSync(source, content)
  expect(await copied(target, source)).toBeLessThan(MEGABYTE / 10)
  writeFileSync(source, content.subarray(0, MEGABYTE + 100))
  expect(await copied(target, source)).toBe(0)
  expect(readFileSync(target).equals(readFileSync(source))).toBe(true)
})

test('[O24] a source that grows faster than it is copied is copied up to its first size', async () => {
  const [source, target] = [join(dir, 'growing'), join(dir, 'growing copy')]
  writeFileSync(source, Buffer.alloc(3 * MEGABYTE, 1))
  writeFileSync(target, '')
  let grown = 0
  const growing = setInterval(() => {
    grown += 1
    // A copy that followed it would never end; the test must.
    if (grown <= 40) appendFileSync(source, Buffer.alloc(2 * MEGABYTE, 2))
  }, 1)
  expect(await copied(target, source, true)).toBe(3 * MEGABYTE)
  clearInterval(growing)
  expect(grown).toBeGreaterThan(0)
  expect(readFileSync(target).every((byte) => byte === 1)).toBe(true)
}, 20_000)

test.each([
  [true, { afterWrites: 4, onRemoval: 1 }],
  [false, { afterWrites: 0, onRemoval: 0 }],
])(
  '[O24] throttled %p: pauses after each megabyte written, and while a large file is removed',
  async (isThrottled, expected) => {
    const file = join(dir, 'large')
    const throttle = new WriteThrottle(isThrottled)
    using sleep = spyOn(Bun, 'sleep').mockImplementation(() => Promise.resolve())
    writeFileSync(file, Buffer.alloc(40 * MEGABYTE))
    const descriptor = openSync(file, 'r')
    for (let n = 0; n < 8; n += 1) await throttle.afterWrite(descriptor, MEGABYTE / 2)
    closeSync(descriptor)
    const afterWrites = sleep.mock.calls.length
    await throttle.remove(file)
    const onRemoval = Math.min(1, sleep.mock.calls.length - afterWrites)
    expect([{ afterWrites, onRemoval }, existsSync(file)]).toEqual([expected, false])
  },
)
