import type { Role } from './model.ts'

/** From the weakest to the strongest. */
const RANKS: readonly Role[] = ['spectator', 'guest', 'member', 'moderator', 'admin', 'owner']

export function strongerOf(a: Role, b: Role): Role {
  return RANKS.indexOf(a) >= RANKS.indexOf(b) ? a : b
}

/** A person in a room, with the stronger of the person's own role and their role in the room. */
export interface Actor {
  id: string
  role: Role
}

/** The weakest role that may act on one's own message, and on another person's or the room; null: nobody may. */
const TABLE = {
  send: { own: 'guest', others: 'guest' },
  react: { own: 'guest', others: 'guest' },
  edit: { own: 'guest', others: null },
  delete: { own: 'guest', others: null },
  pin: { own: 'moderator', others: 'moderator' },
  topic: { own: 'moderator', others: 'moderator' },
} as const satisfies Record<string, { own: Role; others: Role | null }>

export type Permission = keyof typeof TABLE

/** May this person do this? @param author of the message concerned; absent if it concerns the room */
export function may({ id, role }: Actor, action: Permission, author?: string): boolean {
  const weakest = TABLE[action][author === id ? 'own' : 'others']
  return weakest !== null && RANKS.indexOf(role) >= RANKS.indexOf(weakest)
}
