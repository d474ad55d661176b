import { expect, mock, test } from 'bun:test'
import { join } from 'node:path'
import { useDom } from '../../support/client/useDom.ts'

const CLIENT = join(import.meta.dir, '../../../src/client')

useDom()

test('[U252] no module reads the words while it loads, which would be in the language of before', async () => {
  const read: string[] = []
  let loading = ''
  const words = new Proxy({}, { get: (_, key) => (read.push(`${loading}: words.${String(key)}`), {}) })
  const rest = { languageNames: () => ({}), addEnglish: () => {}, useLanguage: async () => {} }
  // In place of the catalogue, since what counts is when it is read.
  await mock.module(join(CLIENT, 'words/words.ts'), () => ({
    words,
    locale: 'en-GB',
    ...rest,
  }))
  for await (const file of new Bun.Glob('**/*.ts').scan(CLIENT)) {
    loading = file
    if (!/^(?:main|words\/words)\.ts$/.test(file)) await import(join(CLIENT, file))
  }
  expect(read).toEqual([])
})
