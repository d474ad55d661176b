import { expect, test } from 'bun:test'
import type { Role } from '../../src/shared/model.ts'
import { may } from '../../src/shared/policy.ts'

const ROLES: Role[] = ['spectator', 'guest', 'member', 'moderator', 'admin', 'owner']

test.each([
  ['send', undefined, 'guest member moderator admin owner'],
  ['react', 'b', 'guest member moderator admin owner'],
  ['edit', 'a', 'guest member moderator admin owner'],
  ['edit', 'b', ''],
  ['delete', 'a', 'guest member moderator admin owner'],
  ['delete', 'b', ''],
  ['pin', 'a', 'moderator admin owner'],
  ['pin', 'b', 'moderator admin owner'],
  ['topic', undefined, 'moderator admin owner'],
] as const)('[S14] person a may %s what belongs to %p with the roles: %s', (action, author, allowed) => {
  expect(ROLES.filter((role) => may({ id: 'a', role }, action, author)).join(' ')).toBe(allowed)
})
