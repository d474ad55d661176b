import { lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { isLocked, takeLock } from './lock.ts'

/**
 * Makes a folder for unfinished work in the `tmp` of a directory. The folder holds a lock while its process lives, so that
 * a server that starts meanwhile keeps the folder. In a container a process id is soon another process's.
 * @returns `remove` deletes the folder with its contents
 */
export function createTemporaryFolder(dir: string, name: string): { path: string; remove(): void } {
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

/** Removes the unfinished work of dead processes. Folders of living processes stay. */
export function removeStaleFolders(dir: string): void {
  const tmp = join(dir, 'tmp')
  // Something else called `tmp` is removed, too: a link could lead out of the directory.
  if (!lstatSync(tmp, { throwIfNoEntry: false })?.isDirectory()) rmSync(tmp, { force: true })
  mkdirSync(tmp, { recursive: true, mode: 0o700 })
  for (const path of readdirSync(tmp).map((name) => join(tmp, name)))
    if (!isInUse(path)) rmSync(path, { recursive: true, force: true })
}

function isInUse(path: string): boolean {
  try {
    return isLocked(path)
  } catch {
    // An unreadable lock belongs to no living process.
    return false
  }
}
