import type { Role } from './model.ts'

/** From the weakest to the strongest. */
const RANKS: readonly Role[] = ['spectator', 'guest', 'member', 'moderator', 'admin', 'owner']

/** The stronger of two roles. */
export function strongerOf(a: Role, b: Role): Role {
  return RANKS.indexOf(a) >= RANKS.indexOf(b) ? a : b
}

/** Somebody in a room; `role` is the stronger of theirs there. */
export interface Actor {
  id: string
  role: Role
}

/**
 * The weakest role that may do a thing: with one's own message, and with another person's; null: nobody may. The room itself
 * counts as another person's.
 */
const TABLE = {
  send: { own: 'guest', others: 'guest' },
  react: { own: 'guest', others: 'guest' },
  edit: { own: 'guest', others: null },
  delete: { own: 'guest', others: null },
  pin: { own: 'moderator', others: 'moderator' },
  topic: { own: 'moderator', others: 'moderator' },
} as const satisfies Record<string, { own: Role; others: Role | null }>

export type Permission = keyof typeof TABLE

/** May they? What the table does not allow is refused. `author`: whose the thing is; absent: the room's. */
export function may({ id, role }: Actor, deed: Permission, author?: string): boolean {
  const weakest = TABLE[deed][author === id ? 'own' : 'others']
  return weakest !== null && RANKS.indexOf(role) >= RANKS.indexOf(weakest)
}
