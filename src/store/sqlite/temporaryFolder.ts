import { lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { isLocked, takeLock } from './lock.ts'

/** A folder for the unfinished work of one process. */
export interface TemporaryFolder {
  readonly path: string
  /** removes it with its contents */
  remove(): void
}

/**
 * Makes a folder in the `tmp` of a directory. A lock in it shows that its process lives, so a server that starts meanwhile
 * leaves it alone. A process id would not do: after a container restarts it is another process's.
 */
export function createTemporaryFolder(dir: string, name: string): TemporaryFolder {
  const tmp = join(dir, 'tmp')
  mkdirSync(tmp, { recursive: true, mode: 0o700 })
  const path = mkdtempSync(join(tmp, `${name}-`))
  const lock = takeLock(path)
  return {
    path,
    remove() {
      lock.release()
      rmSync(path, { recursive: true, force: true })
    },
  }
}

/** Removes what an earlier process left half-written. Folders of living processes stay. */
export function removeStaleFolders(dir: string): void {
  const tmp = join(dir, 'tmp')
  const names = lstatSync(tmp, { throwIfNoEntry: false })?.isDirectory() ? readdirSync(tmp) : []
  const dead = names.filter((name) => !isInUse(join(tmp, name)))
  if (dead.length < names.length) {
    for (const name of dead) rmSync(join(tmp, name), { recursive: true, force: true })
    return
  }
  rmSync(tmp, { recursive: true, force: true })
  mkdirSync(tmp, { mode: 0o700 })
}

function isInUse(path: string): boolean {
  try {
    return isLocked(path)
  } catch {
    // An unreadable lock belongs to no living process.
    return false
  }
}
