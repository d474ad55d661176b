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

/** Files on a cycle of imports: removes files that import no other, or that no other imports, until there are none. */
function filesInCycles(imports: ReadonlyMap<string, readonly string[]>): string[] {
  const left = new Map(imports)
  for (;;) {
    const imported = new Set([...left.values()].flat())
    const loose = [...left].filter(
      ([file, targets]) => !imported.has(file) || !targets.some((target) => left.has(target)),
    )
    if (loose.length === 0) return [...left.keys()]
    for (const [file] of loose) left.delete(file)
  }
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
  expect(filesInCycles(imports)).toEqual([])
  const planted = Object.entries({ a: ['b'], b: ['c'], c: ['b', 'd'], d: [] })
  expect(filesInCycles(new Map(planted))).toEqual(['b', 'c'])
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
    // One language is one file.
    if (file.startsWith('src/client/words/')) continue
    const lines = (await Bun.file(join(ROOT, file)).text()).split('\n').length - 1
    if (lines > MAX_LINES) long.push(`${file}: ${lines}`)
  }
  expect(long).toEqual([])
})

test('[B2] no folder has more than 16 files', async () => {
  const folders = Object.entries(Object.groupBy(await sourceFiles(), (file) => dirname(file)))
  expect(folders.filter(([, files = []]) => files.length > MAX_FILES).map(([folder]) => folder)).toEqual([])
})
