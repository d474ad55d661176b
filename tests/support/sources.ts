import { dirname, join, relative } from 'node:path'

export const ROOT = join(import.meta.dir, '../..')
export const SRC = join(ROOT, 'src')

export interface Import {
  file: string
  /** path inside src without ending, or the package's name */
  target: string
  /** `import type`: nothing of it is left at run time */
  typeOnly: boolean
}

/** The scripts of src, in order. */
export async function sources(): Promise<string[]> {
  const found = await Array.fromAsync(new Bun.Glob('**/*.{ts,mjs}').scan(SRC))
  return found.sort()
}

export const read = (file: string) => Bun.file(join(SRC, file)).text()

/**
 * Every import and re-export of a file: statements, `import()` and `require()`, and types that are named by `import()`, which
 * count as an import of values unless `typeof` stands before them.
 */
export function importsOf(file: string, text: string): Import[] {
  const pattern =
    /(?:^|\n)\s*(?:import|export)\s+(type\s)?(?:[^'"`;]*?\sfrom\s*)?['"]([^'"]+)['"]|\b(typeof\s+)?(?:import|require)\(\s*['"`]([^'"`$]+)['"`]/g
  return [...text.matchAll(pattern)].map(([, type, named, typeOf, called]) => {
    const path = named ?? called ?? ''
    const target = path.startsWith('.')
      ? relative(SRC, join(SRC, dirname(file), path)).replace(/\.ts$/, '')
      : path
    return { file, target, typeOnly: type !== undefined || typeOf !== undefined }
  })
}

export async function allImports(): Promise<Import[]> {
  const each = (await sources()).map(async (file) => importsOf(file, await read(file)))
  return (await Promise.all(each)).flat()
}
