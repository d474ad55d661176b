import { join, resolve } from 'node:path'
import { staticPlugin } from '@elysiajs/static'
import { Elysia } from 'elysia'
import { type Asset, ENCODINGS, type Encoding, type Manifest, ASSET_MANIFEST } from '../lib/manifest.ts'
import { tokensOf } from './authenticate.ts'
import { errorResponse } from './errorResponse.ts'

/** Modules that a room's page loads at its start, as the manifest names them. Without Markdown, rows would be drawn twice. */
const ROOM_MODULES = ['app/startChat.ts', 'timeline/markdown/markdown.ts']
const NO_SESSION_HINT = '<meta name="session" content="none">'
/** Preload the session: saves one round trip before a person can write (W3). */
const PRELOAD_SESSION = '<link rel="preload" href="/api/session" as="fetch" crossorigin>'
const PAGE_PATHS = /^\/(?:chat\/[^/]+(?:\/\d+)?)?$/

/**
 * The page and its files, listed by the build's manifest: no path of a request meets the file system (S28). A room's page
 * answers 200 for any room; for an unknown path the same page has status 404, or `notFound` for a client that wants no HTML.
 * @param options.dir the folder that `buildClient` made
 * @throws Error with a sentence for the operator if the page is not built
 */
export async function assetRoutes({ dir, siteName }: { dir: string; siteName: string }) {
  const manifest = await readManifest(dir)
  const hashed = new Map(Object.entries(manifest.files).filter(([, { immutable }]) => immutable))
  const page = withSiteName(await Bun.file(join(dir, 'index.html')).text(), siteName)
  const roomChunks = new Set(ROOM_MODULES.flatMap((name) => manifest.lazy[name] ?? []))
  roomChunks.delete(manifest.script)
  const links = [...roomChunks].map((chunk) => `<link rel="modulepreload" href="${chunk}">`).join('')
  const roomPage = inHead(page, links)

  return new Elysia({ name: 'assets' })
    .use(await plainFiles(dir, manifest))
    .get('/*', ({ path, request }) => {
      const file = hashed.get(path)
      if (file) return hashedFile(dir, file, request.headers)
      if (PAGE_PATHS.test(path)) return pageResponse(path === '/' ? page : roomPage, request, 200)
      const wantsHtml = (request.headers.get('accept') ?? '').includes('text/html')
      return wantsHtml ? pageResponse(page, request, 404) : errorResponse('notFound')
    })
}

async function readManifest(dir: string): Promise<Manifest> {
  const file = Bun.file(join(dir, ASSET_MANIFEST))
  if (!(await file.exists()))
    throw new Error(`The page is not built: please run "bun run build" first (${dir} is empty).`)
  return file.json()
}

/**
 * The files of `public/`, by @elysiajs/static. The plugin's ETags are unquoted, so they never match: ours replace them. The plugin
 * would serve dotfiles too, so it sees only the files of the manifest.
 */
async function plainFiles(dir: string, { files }: Manifest) {
  const plain = Object.values(files).filter(({ immutable }) => !immutable)
  const listed = plain.map(({ file }) => RegExp.escape(resolve(dir, file))).join('|')
  const ignorePatterns = [new RegExp(`^(?!(?:${listed})$)`)]
  const plugin = await staticPlugin({
    assets: dir,
    prefix: '/',
    alwaysStatic: true,
    indexHTML: false,
    ignorePatterns,
  })
  return new Elysia({ name: 'plain files' })
    .onBeforeHandle(({ path, request }) => {
      const headers = { etag: files[path]?.etag ?? '', 'cache-control': 'no-cache' }
      return matches(request.headers, headers.etag) ? new Response(null, { status: 304, headers }) : undefined
    })
    .onAfterHandle(({ path, responseValue }) => {
      const asset = files[path]
      if (!asset || !(responseValue instanceof Response) || responseValue.status !== 200) return
      responseValue.headers.set('content-type', asset.type)
      responseValue.headers.set('cache-control', 'no-cache')
      responseValue.headers.set('etag', asset.etag)
    })
    .use(plugin)
}

/** Answers with a hashed file, in the best encoding that the client accepts. */
function hashedFile(dir: string, { file, type, etag, encodings }: Asset, request: Headers): Response {
  const accepted = request.get('accept-encoding') ?? ''
  const encoding = ENCODINGS.find((name) => encodings[name] !== undefined && accepts(accepted, name))
  const headers = {
    'cache-control': 'public, max-age=31536000, immutable',
    vary: 'Accept-Encoding',
    // The bytes differ by encoding, so a strong ETag must differ too.
    etag: encoding ? etag.replace(/"$/, `-${encoding}"`) : etag,
  }
  if (matches(request, headers.etag)) return new Response(null, { status: 304, headers })
  const content = { ...headers, 'content-type': type, ...(encoding && { 'content-encoding': encoding }) }
  const name = (encoding && encodings[encoding]) ?? file
  return new Response(Bun.file(join(dir, name)), { headers: content })
}

/** True for `br` in `gzip, br;q=0.5`, false in `br;q=0`. `*` counts for nothing: every client takes the plain file. */
function accepts(header: string, encoding: Encoding): boolean {
  return header.split(',').some((part) => {
    const [name = '', ...parameters] = part.split(';').map((word) => word.trim().toLowerCase())
    return name === encoding && !parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter))
  })
}

function matches(headers: Headers, etag: string): boolean {
  const tags = (headers.get('if-none-match') ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''))
  return etag !== '' && (tags.includes(etag) || tags.includes('*'))
}

function inHead(page: string, html: string): string {
  return page.replace('</head>', () => `${html}</head>`)
}

/** The page; its head preloads the session, or tells the client that there is none. */
function pageResponse(page: string, request: Request, status: 200 | 404): Response {
  const hint = tokensOf(request).tokens.length > 0 ? PRELOAD_SESSION : NO_SESSION_HINT
  // Without a content type, Elysia would send the page as a download.
  const headers = { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' }
  return new Response(inHead(page, hint), { status, headers })
}

/** Writes the site's name into the page's heading, title and application name. */
function withSiteName(page: string, siteName: string): string {
  const name = Bun.escapeHTML(siteName)
  const write = (_: string, before: string, after: string) => before + name + after
  return page
    .replace(/(<h1 [^>]*data-place[^>]*>)[^<]*()/, write)
    .replace(/(<title>)[^<]*(<\/title>)/, write)
    .replace(/(<meta name="application-name" content=")[^"]*(")/, write)
}
