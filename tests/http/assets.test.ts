import { afterAll, beforeAll, expect, test } from 'bun:test'
import { request } from 'node:http'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { buildClient } from '../../src/tools/build.ts'
import { assetRoutes } from '../../src/http/assets.ts'
import type { Manifest } from '../../src/lib/manifest.ts'
import { aProject } from '../support/server/aProject.ts'
import { aRunningApp } from '../support/server/aRunningApp.ts'

const HTML = { accept: 'text/html,application/xhtml+xml' }
let manifest: Manifest
let port = 0
let remove = async () => {}

beforeAll(async () => {
  const project = await aProject({ 'public/.env': 'SECRET=canary\n' })
  const dir = project.path('dist/public')
  manifest = await buildClient({ root: project.root, out: dir, compress: 'best' })
  await Bun.write(`${dir}/stray.txt`, 'canary')
  const app = await aRunningApp({ assets: await assetRoutes({ dir, siteName: `Ada & <Bob>'s "$&"` }) })
  port = app.port
  remove = () => project.remove()
})
afterAll(() => remove())

interface Answer {
  status: number
  headers: Record<string, string | string[] | undefined>
  body: Buffer
}

/** Asks by a client that sends the path as it is and unpacks nothing. */
function get(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const options = { port, host: '127.0.0.1', path, method, headers: { host: 'localhost', ...headers } }
  request(options, async (answer) => {
    const body = Buffer.concat(await Array.fromAsync(answer as AsyncIterable<Buffer>))
    resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body })
  })
    .on('error', reject)
    .end()
  return promise
}

test('[S27] a file with a hash in its name may be kept for ever', async () => {
  const { status, headers } = await get(manifest.script)
  expect([status, headers['cache-control']]).toEqual([200, 'public, max-age=31536000, immutable'])
  expect(headers['content-type']).toBe('text/javascript;charset=utf-8')
})

test('[S27] a file comes in the best encoding that the client understands', async () => {
  const plain = await get(manifest.style)
  expect(plain.headers).toMatchObject({ vary: 'Accept-Encoding' })
  const unpack = { br: brotliDecompressSync, gzip: gunzipSync }
  for (const [accept, encoding] of [
    ['gzip, deflate, br, zstd', 'br'],
    ['br;q=0, gzip', 'gzip'],
  ] as const) {
    const { headers, body } = await get(manifest.style, { 'accept-encoding': accept })
    expect(headers).toMatchObject({ 'content-encoding': encoding, vary: 'Accept-Encoding' })
    expect(headers['etag']).not.toBe(plain.headers['etag'])
    expect(body.length).toBeLessThan(plain.body.length / 2)
    expect(unpack[encoding](body).equals(plain.body)).toBe(true)
  }
  for (const accept of ['', 'identity', 'br;q=0', 'brotli', '*']) {
    const { headers } = await get(manifest.style, { 'accept-encoding': accept })
    expect(headers['content-encoding']).toBeUndefined()
  }
})

test('[S27] a file without a hash is revalidated by its ETag', async () => {
  const { status, headers, body } = await get('/icons/hubbub.svg')
  const etag = String(headers['etag'])
  expect([status, body.length > 0]).toEqual([200, true])
  expect(headers).toMatchObject({
    'cache-control': 'no-cache',
    'content-type': 'image/svg+xml',
  })
  expect(etag).toMatch(/^"[\w-]+"$/)
  for (const tag of [etag, `W/${etag}`, `"other", ${etag}`]) {
    const again = await get('/icons/hubbub.svg', { 'if-none-match': tag })
    expect([again.status, again.body.length]).toEqual([304, 0])
    expect(again.headers).toMatchObject({ etag, 'cache-control': 'no-cache' })
  }
  expect((await get('/icons/hubbub.svg', { 'if-none-match': '"other"' })).status).toBe(200)
})

test('[S27] the page is never stored', async () => {
  for (const path of ['/', '/chat/lobby', '/chat/lobby/42', '/chat/%C3%A9t%C3%A9']) {
    const { status, headers, body } = await get(path)
    expect([path, status]).toEqual([path, 200])
    expect(headers).toMatchObject({ 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' })
    expect(body.toString()).toContain(manifest.script)
  }
})

test('[W2] a room’s page preloads the chunks of a room, each once; home does not', async () => {
  const [room, home] = [(await get('/chat/lobby')).body.toString(), (await get('/')).body.toString()]
  for (const name of ['app/startChat.ts', 'timeline/markdown/markdown.ts']) {
    const link = `<link rel="modulepreload" href="${manifest.lazy[name]?.[0] ?? 'none'}">`
    expect([name, room.split(link).length, home.split(link).length]).toEqual([name, 2, 1])
  }
})

test('[W3, W4] a page preloads the session if the request has one, else says that there is none', async () => {
  const none = '<meta name="session" content="none">'
  const preload = '<link rel="preload" href="/api/session" as="fetch" crossorigin>'
  const session = `session=${'a'.repeat(43)}`
  for (const path of ['/', '/chat/lobby', '/nowhere'])
    for (const [cookie, present, absent] of [
      ['', none, preload],
      ['theme=dark', none, preload],
      [session, preload, none],
    ] as const) {
      const page = (await get(path, { ...HTML, cookie })).body.toString()
      const found = [page.includes(present), page.includes(absent)]
      expect([path, cookie, ...found]).toEqual([path, cookie, true, false])
    }
})

test('[S2] the site’s name is text wherever it stands in the page', async () => {
  const page = (await get('/')).body.toString()
  const name = 'Ada &amp; &lt;Bob&gt;&#x27;s &quot;$&amp;&quot;'
  expect(page).toContain(`<title>${name}</title>`)
  expect(page).toContain(`<meta name="application-name" content="${name}">`)
  expect(page).toContain(`data-place>${name}</h1>`)
  expect(page).not.toContain('<Bob>')
})

test('[S28, U175] an unknown path is the page with 404 for a client that wants HTML, else notFound', async () => {
  for (const path of [
    '/nowhere',
    '/chat/',
    '/chat/lobby/x',
    '/chat/lobby/1/2',
    '/api/nothing',
    '//',
    '/assets/',
  ]) {
    const page = await get(path, HTML)
    expect([path, page.status, page.headers['cache-control']]).toEqual([path, 404, 'no-store'])
    expect(page.headers['content-type']).toBe('text/html; charset=utf-8')
    const other = await get(path, { accept: '*/*' })
    expect([path, other.status]).toEqual([path, 404])
    expect(JSON.parse(other.body.toString())).toMatchObject({ error: { code: 'notFound' } })
  }
  expect((await get('/api/session', HTML)).status).toBe(401)
  for (const path of ['/chat/日本語~w1ww2ecz', '/chat/日~w1ww2ecz/17', '/chat/a~b~tea'])
    expect([path, (await get(encodeURI(path), HTML)).status]).toEqual([path, 200])
})

test('[S28] thirty spellings of paths outside the list of files find nothing', async () => {
  const spellings =
    `/.env /assets/.env /%2eenv /.%65nv /./.env /../.env /../../package.json /package.json /src/main.ts
    /..%2fpackage.json /%2e%2e/package.json /%2e%2e%2fpackage.json /assets/../assets.json /assets.json /index.html /stray.txt
    /assets/..%2f..%2fpackage.json /assets/%2e%2e/%2e%2e/package.json //etc/passwd /etc/passwd /%2fetc%2fpasswd
    /....//....//etc/passwd /..\\..\\package.json /theme.js/ /theme.js%00.txt /theme.js/../.env ${manifest.script}.map
    ${manifest.style}.br ${manifest.script}/ /THEME.JS /assets /icons /icons/ /icons/..%2f.env`.split(/\s+/)
  expect(spellings.length).toBeGreaterThanOrEqual(30)
  for (const path of spellings) {
    const { status, body } = await get(path)
    expect(`${path} ${status}`).toBe(`${path} 404`)
    expect(body.toString()).not.toMatch(/canary|root:|"scripts"/)
  }
})

test('[S27] HEAD answers as GET does, without the body', async () => {
  for (const path of ['/', '/theme.js', manifest.style, '/nowhere']) {
    const [head, whole] = [await get(path, {}, 'HEAD'), await get(path)]
    expect(head.status).toBe(whole.status)
    expect(head.body).toHaveLength(0)
    for (const name of ['content-type', 'cache-control', 'etag', 'content-length'])
      expect([path, name, head.headers[name]]).toEqual([path, name, whole.headers[name]])
  }
})

test('[O4] without a build the error says what to do', async () => {
  await expect(assetRoutes({ dir: '/nowhere', siteName: 'x' })).rejects.toThrow(/run "bun run build"/)
})
