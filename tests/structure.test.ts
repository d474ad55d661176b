import { describe, expect, test } from 'bun:test'
import { dirname, join } from 'node:path'
import { allImports, read, ROOT, sources } from './support/sources.ts'

/** Longer ones hold more than one subject. */
const MAX_LINES = 400
/** Files of a folder, subfolders not counted. */
const MAX_FILES = 16

/** The files of src and tests that people read as source. */
async function sourceFiles(): Promise<string[]> {
  const found = await Array.fromAsync(new Bun.Glob('{src,tests}/**/*.{ts,css,mjs,c}').scan(ROOT))
  return found.filter((file) => !file.includes('node_modules/')).sort()
}

/** A circle in what imports what, types and lazy imports included; null if there is none. */
function circleIn(imports: ReadonlyMap<string, readonly string[]>): string[] | null {
  const done = new Set<string>()
  const way: string[] = []
  const visit = (file: string): string[] | null => {
    if (way.includes(file)) return [...way.slice(way.indexOf(file)), file]
    if (done.has(file)) return null
    way.push(file)
    for (const next of imports.get(file) ?? []) {
      const circle = visit(next)
      if (circle !== null) return circle
    }
    way.pop()
    done.add(file)
    return null
  }
  for (const file of imports.keys()) {
    const circle = visit(file)
    if (circle !== null) return circle
  }
  return null
}

/** Names of types that a text declares: exported or not, also inside functions. */
function typesIn(text: string): string[] {
  const pattern =
    /(?:^|[;{}=(])[ \t]*(?:export |default |declare |abstract |const )*(?:class|interface|enum|type) (\w+)(?=\s*[<={]|\s+(?:extends|implements)\b)/gm
  return [...text.matchAll(pattern)].map(([, name]) => name ?? '')
}

/** Names that occur more than once. */
const twice = (names: readonly string[]) =>
  [...new Set(names.filter((name, at) => names.indexOf(name) !== at))].sort()

describe('the structure of the sources', () => {
  test('[B2] no file imports itself by way of others, types included', async () => {
    const imports = new Map<string, string[]>()
    for (const { file, target } of await allImports()) {
      const from = file.replace(/\.(ts|mjs)$/, '')
      imports.set(from, [...(imports.get(from) ?? []), target])
    }
    expect(circleIn(imports)).toBeNull()
    expect(
      circleIn(
        new Map([
          ['a', ['b']],
          ['b', ['c']],
          ['c', ['b']],
        ]),
      ),
    ).toEqual(['b', 'c', 'b'])
  })

  test('[B2] no type has the name of another one', async () => {
    const names: string[] = []
    for (const file of await sources()) names.push(...typesIn(await read(file)))
    expect(twice(names)).toEqual([])
  })

  test('[B2] the test above sees every way to declare a type', () => {
    const declared = [
      'interface A {',
      'export interface B<T = string> extends A {',
      'export declare class C implements A {',
      'export default class D {',
      'abstract class E<T extends A<B>> {',
      'export const enum F {',
      'declare enum G {',
      'export type H = 1',
      'type I<T = unknown, U extends A = A> = T',
      'type J<',
      'type K =',
      'function f() {\n  type L = 1\n  interface M {}\n  class N {}\n}',
      'function g() { type O = 1; interface P {} }',
      'const made = class Q {}',
    ]
    expect(typesIn(declared.join('\n')).join('')).toBe('ABCDEFGHIJKLMNOPQ')
    const others = [
      'export type { R } from "./r.ts"',
      'import type S from "./s.ts"',
      'import {\n  type T,\n  type U as V,\n} from "./t.ts"',
      '/** The type W = of words. */',
      'if (frame.type === x) type = y',
      'const type = { class: 1 }',
    ]
    expect(typesIn(others.join('\n'))).toEqual([])
    expect(twice(typesIn('interface Deps {\n}\nexport type Deps = 1\nclass Other {}'))).toEqual(['Deps'])
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
    const count = new Map<string, number>()
    for (const file of await sourceFiles()) count.set(dirname(file), (count.get(dirname(file)) ?? 0) + 1)
    const full = [...count].filter(([, files]) => files > MAX_FILES)
    expect(full).toEqual([])
  })
})
