import { asOperatorError, createDirectory } from '../store/sqlite/dataDirectory.ts'
import { type DirectoryLock, takeLock } from '../store/sqlite/lock.ts'
import { removeStaleFolders } from '../store/sqlite/temporaryFolder.ts'

/** Locks a directory, which is created if missing, for a command that writes. @throws OperatorError 3 if it is in use */
export function lockDirectory(dir: string): DirectoryLock {
  try {
    createDirectory(dir)
    const lock = takeLock(dir)
    removeStaleFolders(dir)
    return lock
  } catch (error) {
    throw asOperatorError(dir, error)
  }
}
