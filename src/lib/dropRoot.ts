import { lchownSync, lstatSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

/** The user and the data directory of the container image. */
const USER = 1000
const VOLUME = '/data'

/**
 * In the container, gives a root-owned volume to uid 1000 and becomes this user before anything is opened: a new volume belongs
 * to root. Does nothing elsewhere, or when started as another user.
 * @returns a warning if that fails, else null
 */
export function dropRoot(dir: string): string | null {
  if (!Bun.isStandaloneExecutable || process.getuid?.() !== 0 || dir !== VOLUME) return null
  return dropRootTo(USER, dir)
}

export function dropRootTo(user: number, dir: string): string | null {
  try {
    chownAll(dir, user)
    process.setgroups?.([user])
    process.setgid?.(user)
    process.setuid?.(user)
    return null
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
    return `it runs as root, for it may not become user ${user} (${code})`
  }
}

/** Changes the owner of links, and never follows them. */
function chownAll(path: string, user: number): void {
  const stat = lstatSync(path, { throwIfNoEntry: false })
  if (!stat) return
  if (stat.uid !== user || stat.gid !== user) lchownSync(path, user, user)
  if (!stat.isDirectory()) return
  for (const name of readdirSync(path)) chownAll(join(path, name), user)
}
