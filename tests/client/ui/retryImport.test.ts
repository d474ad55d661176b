import { describe, expect, test } from 'bun:test'
import { retryable } from '../../../src/client/ui/retryImport.ts'

describe('a chunk', () => {
  test('[W1] a chunk that failed to load is requested again by the next call', async () => {
    let calls = 0
    const load = retryable(async () => {
      calls += 1
      if (calls === 1) throw new TypeError('offline')
      return 'here'
    })
    await expect(load()).rejects.toThrow('offline')
    expect([await load(), await load(), calls]).toEqual(['here', 'here', 3])
  })

  test('[W1] the retry uses another URL if the error names the one that failed', async () => {
    let calls = 0
    const load = retryable(() => {
      calls += 1
      return Promise.reject(new TypeError('Failed to fetch http://localhost:9/chunk.js'))
    })
    for (const _ of [1, 2]) await expect(load()).rejects.toThrow('http://localhost:9/chunk.js')
    expect(calls).toBe(1)
  })
})
