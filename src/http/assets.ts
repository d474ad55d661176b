import { join, resolve } from 'node:path'
import { staticPlugin } from '@elysiajs/static'
import { Elysia } from 'elysia'
import { type Asset, ENCODINGS, type Encoding, type Manifest, ASSET_MANIFEST } from '../lib/manifest.ts'
import { errorResponse } from './errorResponse.ts'
import { tokensOf } from './authenticate.ts'

/** What a room's page imports as soon as its script runs, by names of the manifest: Markdown, so that no row is drawn twice. */
const ROOM_MODULES = ['app/startChat.ts', 'timeline/markdown/markdown.ts']
const NO_SESSION_HINT = '<meta name="session" content="none">'
/** Preload the session: saves one round trip before a person can write (W3). */
const PRELOAD_SESSION = '<link rel="preload" href="/api/session" as="fetch" crossorigin>'
const PAGE_PATHS = /^\/(?:chat\/[^/]+(?:\/\d+)?)?$/

/**
 * The page and its files. What exists is a list that the build made, read once here: no path of a request meets the
 * file system (S28). A room's page answers 200 for any room; a path that nothing has is the same page with 404 for who
 * wants HTML, else `notFound`.
 * @param options.dir the folder that `buildClient` made
 * @throws Error in a sentence if there is none
 */
export async function assetRoutes({ dir, siteName }: { dir: string; siteName: string }) {
  const manifest = await readManifest(dir)
  const bundle = await bundleOf(dir, manifest)
  const page = withSiteName(await Bun.file(join(dir, 'index.html')).text(), siteName)
  const roomChunks = new Set(ROOM_MODULES.flatMap((name) => manifest.lazy[name] ?? []))
  roomChunks.delete(manifest.script)
  const links = [...roomChunks].map((chunk) => `<link rel="modulepreload" href="${chunk}">`).join('')
  const roomPage = page.replace('</head>', () => `${links}</head>`)

  return new Elysia({ name: 'assets' })
    .use(await plainFiles(dir, manifest))
    .get('/*', ({ path, request }) => {
      const asset = bundle.get(path)
      if (asset) return asset(request.headers)
      if (PAGE_PATHS.test(path))
        return pageResponse(withSessionHint(path === '/' ? page : roomPage, request), 200)
      return wantsPage(request.headers)
        ? pageResponse(withSessionHint(page, request), 404)
        : errorResponse('notFound')
    })
}

async function readManifest(dir: string): Promise<Manifest> {
  const file = Bun.file(join(dir, ASSET_MANIFEST))
  if (!(await file.exists()))
    throw new Error(`The page is not built: please run "bun run build" first (${dir} is empty).`)
  return file.json()
}

/**
 * The files of `public/` as they are, by @elysiajs/static. Beside it ours: it leaves ETags unquoted, so they never match, and
 * compresses nothing, so the hashed bundle is not its business; of dotfiles it keeps none back, so it gets a list of what it may see.
 */
async function plainFiles(dir: string, { files }: Manifest) {
  const plain = Object.values(files).filter(({ immutable }) => !immutable)
  const listed = plain.map(({ file }) => RegExp.escape(resolve(dir, file))).join('|')
  const all = await staticPlugin({
    assets: dir,
    prefix: '/',
    alwaysStatic: true,
    indexHTML: false,
    ignorePatterns: [new RegExp(`^(?!(?:${listed})$)`)],
  })
  return new Elysia({ name: 'plain files' })
    .onBeforeHandle(({ path, request }) => {
      const etag = files[path]?.etag ?? ''
      if (matches(request.headers, etag)) return notModified({ etag, 'cache-control': 'no-cache' })
      return undefined
    })
    .onAfterHandle(({ path, responseValue }) => {
      const asset = files[path]
      if (!asset || !(responseValue instanceof Response) || responseValue.status !== 200) return
      responseValue.headers.set('content-type', asset.type)
      responseValue.headers.set('cache-control', 'no-cache')
      responseValue.headers.set('etag', asset.etag)
    })
    .use(all)
}

type AssetHandler = (headers: Headers) => Response

/** The hashed files, in memory with all their encodings: URL path → how it is answered. */
async function bundleOf(dir: string, { files }: Manifest): Promise<Map<string, AssetHandler>> {
  const bundle = new Map<string, AssetHandler>()
  for (const [path, asset] of Object.entries(files))
    if (asset.immutable) bundle.set(path, await assetHandler(dir, asset))
  return bundle
}

async function assetHandler(dir: string, { file, type, etag, encodings }: Asset): Promise<AssetHandler> {
  const whole = await Bun.file(join(dir, file)).bytes()
  const compressed = new Map<Encoding, Uint8Array<ArrayBuffer>>()
  for (const encoding of ENCODINGS) {
    const name = encodings[encoding]
    if (name !== undefined) compressed.set(encoding, await Bun.file(join(dir, name)).bytes())
  }
  return (request) => {
    const encoding = ENCODINGS.find(
      (name) => compressed.has(name) && accepts(request.get('accept-encoding'), name),
    )
    const headers = {
      'content-type': type,
      'cache-control': 'public, max-age=31536000, immutable',
      vary: 'Accept-Encoding',
      // the bytes differ by encoding, so a strong tag must too
      etag: encoding ? etag.replace(/"$/, `-${encoding}"`) : etag,
    }
    if (matches(request, headers.etag)) return notModified(headers)
    const body = encoding && compressed.get(encoding)
    if (!body) return new Response(whole, { headers })
    return new Response(body, { headers: { ...headers, 'content-encoding': encoding } })
  }
}

/** `br` of `gzip, br;q=0.5`; not of `br;q=0`. An asterisk is not taken at its word: what is plain suits everybody. */
function accepts(header: string | null, encoding: Encoding): boolean {
  return (header ?? '').split(',').some((part) => {
    const [name = '', ...more] = part.split(';').map((word) => word.trim().toLowerCase())
    return name === encoding && !more.some((word) => /^q=0(\.0*)?$/.test(word))
  })
}

function matches(headers: Headers, etag: string): boolean {
  const tags = (headers.get('if-none-match') ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''))
  return etag !== '' && (tags.includes(etag) || tags.includes('*'))
}

function notModified({ 'content-type': _, ...headers }: Record<string, string>): Response {
  return new Response(null, { status: 304, headers })
}

function wantsPage(headers: Headers): boolean {
  return (headers.get('accept') ?? '').includes('text/html')
}

/** The page, telling whoever came without a session that there is nothing to ask about: the answer would only be 401. */
function withSessionHint(page: string, request: Request): string {
  const who = tokensOf(request).tokens.length > 0 ? PRELOAD_SESSION : NO_SESSION_HINT
  return page.replace('</head>', () => `${who}</head>`)
}

function pageResponse(page: string, status: 200 | 404): Response {
  // X9: without its type the page would be a download
  const headers = { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' }
  return new Response(page, { status, headers })
}

/** The page under its own name: the one thing in it that is not the same for everybody's server. */
function withSiteName(page: string, siteName: string): string {
  const name = Bun.escapeHTML(siteName)
  return page
    .replace(/(<h1 [^>]*data-place[^>]*>)[^<]*/, (_, before: string) => before + name)
    .replace(/<title>[^<]*<\/title>/, () => `<title>${name}</title>`)
    .replace(
      /(<meta name="application-name" content=")[^"]*(")/,
      (_, before: string, after: string) => before + name + after,
    )
}
