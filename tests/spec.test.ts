import { expect, test } from 'bun:test'
import { join } from 'node:path'

const HERE = import.meta.dir

/** The rules of SPEC.md, id → sentence: lines that begin with `- **M2** `. */
async function rules(): Promise<Map<string, string>> {
  const text = await Bun.file(join(HERE, 'SPEC.md')).text()
  const found = [...text.matchAll(/^- \*\*([A-Z]\d+)\*\* (.+)$/gm)]
  const ids = found.map(([, id = '']) => id)
  const twice = ids.filter((id, at) => ids.indexOf(id) !== at)
  expect(twice).toEqual([])
  return new Map(found.map(([, id = '', sentence = '']) => [id, sentence]))
}

/** The ids that test titles begin with, `[M2]` or `[M2, C4]`, and a file of each. */
async function citedIds(): Promise<Map<string, string>> {
  const ids = new Map<string, string>()
  for await (const file of new Bun.Glob('**/*.test.ts').scan(HERE)) {
    const text = await Bun.file(join(HERE, file)).text()
    for (const [, list = ''] of text.matchAll(/['"`]\[([A-Z]\d+(?:, ?[A-Z]\d+)*)\] /g))
      for (const id of list.split(/, ?/)) ids.set(id, file)
  }
  return ids
}

test('[B2] every test cites a rule of SPEC.md, and every rule has a test or says what it waits for', async () => {
  const [known, tests] = await Promise.all([rules(), citedIds()])
  const unknown = [...tests].filter(([id]) => !known.has(id)).map(([id, file]) => `${id} in ${file}`)
  const untested = [...known].filter(
    ([id, sentence]) => !tests.has(id) && !/\(waits for .+\)$/.test(sentence),
  )
  expect({ unknown, untested: untested.map(([id]) => id) }).toEqual({ unknown: [], untested: [] })
})

test('[B2] the title of every test begins with the id of its rule', async () => {
  const wrong: string[] = []
  for await (const file of new Bun.Glob('**/*.test.ts').scan(HERE)) {
    const text = await Bun.file(join(HERE, file)).text()
    for (const [, title = ''] of text.matchAll(
      /^\s*(?:test|it)(?:\.\w+(?:\([^)]*\))?)?\(\s*['"`]([^'"`]+ [^'"`]+)/gm,
    ))
      if (!/^\[[A-Z]\d+(?:, ?[A-Z]\d+)*\] /.test(title)) wrong.push(`${file}: ${title}`)
  }
  expect(wrong).toEqual([])
})

test('[B2] a comment in src cites only rules of SPEC.md', async () => {
  const known = await rules()
  const src = join(HERE, '../src')
  const unknown: string[] = []
  for await (const file of new Bun.Glob('**/*.{ts,css}').scan(src)) {
    const text = await Bun.file(join(src, file)).text()
    const comments = text.match(/(?<=^|\s)\/\/ .*|^ *\/?\*.*/gm) ?? []
    const ids = comments.join('\n').match(/\b[A-Z][1-9]\d{0,2}\b/g) ?? []
    unknown.push(...ids.filter((id) => !known.has(id)).map((id) => `${id} in ${file}`))
  }
  expect(unknown).toEqual([])
})
