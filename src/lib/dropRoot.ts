import { lchownSync, lstatSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

/** Whom the image's data belongs to. */
export const USER = 1000
/** Where the image keeps it. */
export const VOLUME = '/data'

/**
 * A new volume belongs to root, and a container starts as root to take it over: the data becomes uid 1000's, and so does this
 * process, for good, before it has opened anything. Anywhere else, and as anybody else, nothing happens.
 * @returns in a sentence what could not be done, or null
 */
export function dropRoot(dir: string): string | null {
  if (!Bun.isStandaloneExecutable || process.getuid?.() !== 0 || dir !== VOLUME) return null
  return dropRootTo(USER, dir)
}

/** As `dropRoot`, for any user and directory. @param dir every file in it becomes the user's */
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
