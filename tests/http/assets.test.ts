import { afterAll, beforeAll, expect, test } from 'bun:test'
import { request } from 'node:http'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { Elysia } from 'elysia'
import { buildClient } from '../../src/tools/build.ts'
import { assetRoutes } from '../../src/http/assets.ts'
import { errorResponse } from '../../src/http/errorResponse.ts'
import { securityHeaders } from '../../src/http/headers.ts'
import type { Manifest } from '../../src/lib/manifest.ts'
import { aProject } from '../support/server/aProject.ts'

const HTML = { accept: 'text/html,application/xhtml+xml' }
let manifest: Manifest
let port = 0
let close = async (): Promise<void> => {}

beforeAll(async () => {
  const project = await aProject({ 'public/.env': 'SECRET=canary\n' })
  const dir = project.path('dist/public')
  manifest = await buildClient({ root: project.root, out: dir, compress: 'best' })
  await Bun.write(`${dir}/stray.txt`, 'canary')
  const app = new Elysia({ strictPath: true, systemRouter: false, serve: { development: false } })
    .onRequest(({ set }) => {
      securityHeaders(null)(set.headers, 'localhost', false)
    })
    .onError(({ code }) => errorResponse(code === 'NOT_FOUND' ? 'notFound' : 'internal'))
    .get('/api/session', () => Response.json({}))
    .use(await assetRoutes({ dir, siteName: `Ada & <Bob>'s "$&"` }))
    .listen({ port: 0, hostname: '127.0.0.1', reusePort: false })
  port = app.server?.port ?? 0
  close = async () => {
    await app.server?.stop(true)
    await project.remove()
  }
})
afterAll(() => close())

interface Got {
  status: number
  headers: Record<string, string | string[] | undefined>
  body: Buffer
}

/** By a client that sends the path as it is, and unpacks nothing. */
function get(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Got> {
  return new Promise((resolve, reject) => {
    const asked = request(
      { port, host: '127.0.0.1', path, method, headers: { host: 'localhost', ...headers } },
      (answer) => {
        const parts: Buffer[] = []
        answer.on('data', (part: Buffer) => parts.push(part))
        answer.on('end', () =>
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(parts) }),
        )
      },
    )
    asked.on('error', reject)
    asked.end()
  })
}

test('[S27] a file with a hash in its name may be kept for ever', async () => {
  for (const path of [manifest.script, manifest.style]) {
    const { status, headers } = await get(path)
    expect(status).toBe(200)
    expect(headers['cache-control']).toBe('public, max-age=31536000, immutable')
    expect(headers['content-type']).toBe(
      path.endsWith('.css') ? 'text/css; charset=utf-8' : 'text/javascript; charset=utf-8',
    )
    expect(headers['x-content-type-options']).toBe('nosniff')
  }
})

test('[S27] it comes in the best encoding that is understood, and the same after unpacking', async () => {
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
  for (const accept of ['', 'identity', 'br;q=0', 'brotli', '*'])
    expect(
      (await get(manifest.style, { 'accept-encoding': accept })).headers['content-encoding'],
    ).toBeUndefined()
})

test('[S27] the other files are asked for again, and cost nothing while they are the same', async () => {
  for (const [path, type] of [
    ['/theme.js', 'text/javascript; charset=utf-8'],
    ['/icons/hubbub.svg', 'image/svg+xml; charset=utf-8'],
  ] as const) {
    const { status, headers, body } = await get(path)
    expect(status).toBe(200)
    expect(body.length).toBeGreaterThan(0)
    expect(headers).toMatchObject({
      'cache-control': 'no-cache',
      'content-type': type,
      'x-frame-options': 'DENY',
    })
    expect(headers['etag']).toMatch(/^"[\w-]+"$/)
    const etag = String(headers['etag'])
    for (const tag of [etag, `W/${etag}`, `"other", ${etag}`]) {
      const again = await get(path, { 'if-none-match': tag })
      expect(again.status).toBe(304)
      expect(again.body).toHaveLength(0)
      expect(again.headers).toMatchObject({ etag, 'cache-control': 'no-cache' })
    }
    expect((await get(path, { 'if-none-match': '"other"' })).status).toBe(200)
    expect((await get(path, { 'if-modified-since': 'Thu, 01 Jan 1970 00:00:00 GMT' })).status).toBe(200)
  }
})

test('[S27] the page is never stored', async () => {
  for (const path of ['/', '/chat/lobby', '/chat/lobby/42', '/chat/%C3%A9t%C3%A9']) {
    const { status, headers, body } = await get(path)
    expect(status).toBe(200)
    expect(headers).toMatchObject({ 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' })
    expect(body.toString()).toContain(manifest.script)
  }
})

test('[W2] a room’s page says at once which chunks it is going to need, each once; home does not', async () => {
  const [room, home] = [(await get('/chat/lobby')).body.toString(), (await get('/')).body.toString()]
  for (const name of ['app/startChat.ts', 'timeline/markdown/markdown.ts']) {
    const link = `<link rel="modulepreload" href="${manifest.lazy[name]?.[0] ?? 'none'}">`
    expect([name, room.split(link).length, home.split(link).length]).toEqual([name, 2, 1])
  }
})

test('[W4] a page that came without a session says so, so that nobody is asked who they are', async () => {
  const none = '<meta name="session" content="none">'
  const cookie = `session=${'a'.repeat(43)}`
  for (const path of ['/', '/chat/lobby', '/nowhere']) {
    const saying = async (headers: Record<string, string>) =>
      (await get(path, { ...HTML, ...headers })).body.toString().includes(none)
    expect([
      path,
      await saying({}),
      await saying({ cookie: 'theme=dark' }),
      await saying({ cookie }),
    ]).toEqual([path, true, true, false])
  }
})

test('[W3] a page that came with a session asks whose it is while its files come; without one it does not', async () => {
  const asks = '<link rel="preload" href="/api/session" as="fetch" crossorigin>'
  const asking = async (headers: Record<string, string>) =>
    (await get('/chat/lobby', { ...HTML, ...headers })).body.toString().includes(asks)
  expect([await asking({}), await asking({ cookie: `session=${'a'.repeat(43)}` })]).toEqual([false, true])
})

test('[S2] the site’s name is text wherever it stands in the page', async () => {
  const page = (await get('/')).body.toString()
  const name = 'Ada &amp; &lt;Bob&gt;&#x27;s &quot;$&amp;&quot;'
  expect(page).toContain(`<title>${name}</title>`)
  expect(page).toContain(`<meta name="application-name" content="${name}">`)
  expect(page).toContain(`data-place>${name}</h1>`)
  expect(page).not.toContain('<Bob>')
})

test('[S28] what is no page is the page with 404 for who wants HTML, else notFound', async () => {
  for (const path of [
    '/nowhere',
    '/chat',
    '/chat/',
    '/chat/lobby/x',
    '/chat/lobby/1/2',
    '/api/nothing',
    '//',
    '/assets/',
  ]) {
    const page = await get(path, HTML)
    expect(page.status).toBe(404)
    expect(page.headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
    })
    const other = await get(path, { accept: '*/*' })
    expect(other.status).toBe(404)
    expect(other.headers['content-type']).toStartWith('application/json')
    expect(JSON.parse(other.body.toString())).toMatchObject({
      error: { code: 'notFound', message: expect.any(String) },
    })
  }
  expect((await get('/nowhere', HTML, 'POST')).status).toBe(404)
  expect((await get('/api/session')).status).toBe(200)
})

test('[S28] thirty spellings of what is none of its files find nothing', async () => {
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

test('[X9] HEAD answers as GET does, without the body', async () => {
  for (const path of ['/', '/theme.js', manifest.style, '/nowhere']) {
    const [head, whole] = [await get(path, {}, 'HEAD'), await get(path)]
    expect(head.status).toBe(whole.status)
    expect(head.body).toHaveLength(0)
    for (const name of ['content-type', 'cache-control', 'etag', 'content-length'])
      expect([path, name, head.headers[name]]).toEqual([path, name, whole.headers[name]])
  }
})

test('[O4] without a build there is one sentence of what to do', async () => {
  await expect(assetRoutes({ dir: '/nowhere', siteName: 'x' })).rejects.toThrow(/run "bun run build"/)
})
