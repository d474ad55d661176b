import { describe, expect, test } from 'bun:test'
import { localDoorbell } from '../../src/cluster/local.ts'

describe('the doorbell of a single node', () => {
  test('[D6] takes every ring and never rings', () => {
    const doorbell = localDoorbell()
    let rang = false
    doorbell.listen(() => (rang = true))
    doorbell.ring(new Map([['lobby', 1]]))
    expect(rang).toBe(false)
  })
})
