import { expect, test } from 'bun:test'
import { dirname, join } from 'node:path'
import { allImports, read, ROOT, sources } from './support/sources.ts'

/** A longer file has more than one subject. */
const MAX_LINES = 400
/** Files of a folder, without its subfolders. */
const MAX_FILES = 16

async function sourceFiles(): Promise<string[]> {
  const found = await Array.fromAsync(new Bun.Glob('{src,tests}/**/*.{ts,css,mjs,c}').scan(ROOT))
  return found.filter((file) => !file.includes('node_modules/')).sort()
}

/** A cycle of imports, types and lazy imports included; null if there is none. */
function cycleIn(imports: ReadonlyMap<string, readonly string[]>): string[] | null {
  const done = new Set<string>()
  const path: string[] = []
  const visit = (file: string): string[] | null => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file]
    if (done.has(file)) return null
    path.push(file)
    for (const next of imports.get(file) ?? []) {
      const cycle = visit(next)
      if (cycle !== null) return cycle
    }
    path.pop()
    done.add(file)
    return null
  }
  for (const file of imports.keys()) {
    const cycle = visit(file)
    if (cycle !== null) return cycle
  }
  return null
}

/** Names of the types that a text declares, exported or not, also inside functions. */
function typesIn(text: string): string[] {
  const pattern =
    /(?:^|[;{}=(])[ \t]*(?:export |default |declare |abstract |const )*(?:class|interface|enum|type) (\w+)(?=\s*[<={]|\s+(?:extends|implements)\b)/gm
  return [...text.matchAll(pattern)].map(([, name]) => name ?? '')
}

const repeated = (names: readonly string[]) =>
  [...new Set(names.filter((name, at) => names.indexOf(name) !== at))].sort()

test('[B2] no file imports itself through others', async () => {
  const imports = new Map<string, string[]>()
  for (const { file, target } of await allImports()) {
    const from = file.replace(/\.(ts|mjs)$/, '')
    imports.set(from, [...(imports.get(from) ?? []), target])
  }
  expect(cycleIn(imports)).toBeNull()
  const planted = Object.entries({ a: ['b'], b: ['c'], c: ['b'] })
  expect(cycleIn(new Map(planted))).toEqual(['b', 'c', 'b'])
})

test('[B2] no two types have the same name', async () => {
  const names: string[] = []
  for (const file of await sources()) names.push(...typesIn(await read(file)))
  expect(repeated(names)).toEqual([])
})

test('[B2] the test above sees every way to declare a type, and nothing else', () => {
  const declarations = ['export interface A<T> extends X {', 'abstract class B {', 'const c = class C {}']
  const types = [
    'export type D = 1',
    'type E<T = unknown, U extends A = A> = T',
    'f() { type F = 1; enum G {} }',
  ]
  expect(typesIn([...declarations, ...types].join('\n')).join('')).toBe('ABCDEFG')
  expect(typesIn('export type { R } from "./r.ts"\nimport type S from "./s.ts"\nif (x) type = y')).toEqual([])
})

test('[B2] no file has more than 400 lines', async () => {
  const long: string[] = []
  for (const file of await sourceFiles()) {
    const lines = (await Bun.file(join(ROOT, file)).text()).split('\n').length - 1
    if (lines > MAX_LINES) long.push(`${file}: ${lines}`)
  }
  expect(long).toEqual([])
})

test('[B2] no folder has more than 16 files', async () => {
  const folders = Object.entries(Object.groupBy(await sourceFiles(), (file) => dirname(file)))
  expect(folders.filter(([, files = []]) => files.length > MAX_FILES).map(([folder]) => folder)).toEqual([])
})
