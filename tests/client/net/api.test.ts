import { expect, test } from 'bun:test'
import { createApi } from '../../../src/client/net/api.ts'

test('[I30] a copied name is sent without the marks of direction around it', async () => {
  const sent: unknown[] = []
  const api = createApi(async (_path, { body }) => {
    sent.push(JSON.parse(body as string))
    return Response.json({ user: { id: 'u1', name: 'محمد', role: 'guest' } })
  })
  await api.signIn('\u2068محمد\u2069')
  await api.rename(' \u200eAnn Lee\u200f ')
  await api.makeRoom('\u2068日本語\u2069')
  await api.rename('a\u202eb')
  expect(sent).toEqual([{ name: 'محمد' }, { name: 'Ann Lee' }, { name: '日本語' }, { name: 'a\u202eb' }])
})
