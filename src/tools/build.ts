/**
 * Makes what people download and what operators run. `buildClient` bundles `src/client` and `public` into a folder
 * with a manifest; as a command (`bun run build`) it goes on to the single binary with all of that inside.
 */
import { mkdir, rename, rm } from 'node:fs/promises'
import { dirname, extname, join, relative, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { brotliCompressSync, constants } from 'node:zlib'
import { $, type BuildOutput, type BunPlugin, Glob } from 'bun'
import { compile } from 'tailwindcss'
import { minify } from 'terser'
import { type Asset, ENCODINGS, type Encoding, type Manifest, ASSET_MANIFEST } from '../lib/manifest.ts'
import { sbom } from './sbom.ts'

export interface ClientBuild {
  /** the project: holds `src/client/main.ts`, `src/client/style.css` and `public` */
  root: string
  /** made or replaced, as a whole and only after success */
  out: string
  /** `best` takes some seconds: for what is built once and served often */
  compress: 'none' | 'best'
}

const LINK = '<link rel="stylesheet" href="/assets/style.css">'
const SCRIPT = '<script type="module" src="/assets/main.js"></script>'

// text carries its charset: nosniff is on and nothing may be guessed
const TYPES: Record<string, string> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.webmanifest': 'application/manifest+json; charset=utf-8',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
}

/** @throws Error in a sentence, if a source does not compile, a file has no known type or the page lacks its two lines */
export async function buildClient({ root, out, compress }: ClientBuild): Promise<Manifest> {
  const naming = { entry: '[name]-[hash].[ext]', chunk: '[name]-[hash].[ext]', asset: '[name]-[hash].[ext]' }
  const shared = { root: join(root, 'src/client'), minify: true, naming, throw: false } as const
  const script = await Bun.build({
    ...shared,
    entrypoints: [join(root, 'src/client/main.ts')],
    target: 'browser',
    format: 'esm',
    splitting: true,
    minChunkSize: 16_384,
    // its 0.4 KB would only fetch what the page's own preloads already have
    modulePreload: false,
    define: { 'process.env.NODE_ENV': '"production"' },
    metafile: true,
  })
  // For `browser` Bun rewrites logical properties to lists of `:lang()`, blind to `dir`, and light-dark() to variables.
  const style = await Bun.build({
    ...shared,
    entrypoints: [join(root, 'src/client/style.css')],
    target: 'bun',
    plugins: [tailwind(root)],
  })
  const outputs = [...script.outputs, ...style.outputs]
  const logs = [...script.logs, ...style.logs].filter(({ level }) => level === 'error')
  if (!script.success || !style.success)
    throw new Error(`The client does not build:\n${logs.map(placed).join('\n')}`)

  const files: Manifest['files'] = {}
  const fresh = `${out}.${process.pid}`
  await rm(fresh, { recursive: true, force: true })
  const add = async (file: string, content: Uint8Array<ArrayBuffer>, immutable: boolean) => {
    await Bun.write(join(fresh, file), content)
    const encodings = compress === 'best' && immutable ? await writeSmaller(fresh, file, content) : {}
    files[`/${file}`] = { file, type: typeOf(file), etag: etagOf(content), immutable, encodings }
  }
  for (const output of outputs) {
    const isSmaller = compress === 'best' && output.path.endsWith('.js')
    const content = isSmaller
      ? await minified(await output.text())
      : new Uint8Array(await output.arrayBuffer())
    await add(`assets/${output.path.slice(2)}`, content, true)
  }
  const links = { ...linksOf(script), style: `/assets/${style.outputs[0]?.path.slice(2)}` }
  for await (const file of new Glob('**/*').scan({ cwd: join(root, 'public') })) {
    const content = Bun.file(join(root, 'public', file))
    if (file === 'index.html') await Bun.write(join(fresh, file), withLinks(await content.text(), links))
    else await add(file, await content.bytes(), false)
  }
  const manifest: Manifest = { ...links, files }
  await Bun.write(join(fresh, ASSET_MANIFEST), JSON.stringify(manifest, null, 2))

  const old = `${fresh}.old`
  await rename(out, old).catch(() => mkdir(dirname(out), { recursive: true }))
  await rename(fresh, out)
  await rm(old, { recursive: true, force: true })
  return manifest
}

/** A script that Bun has minified, minified again: 7 % less gzip, for some seconds of building. */
async function minified(script: string): Promise<Uint8Array<ArrayBuffer>> {
  const { code = '' } = await minify(script, { module: true, ecma: 2020, compress: { passes: 2 } })
  return new TextEncoder().encode(code)
}

function placed({ message, position }: BuildOutput['logs'][number]): string {
  return position ? `${position.file}:${position.line}:${position.column} ${message}` : message
}

/** The page with the names of this build in it. @throws Error if it does not hold the two lines that are replaced */
function withLinks(page: string, { script, style, preload }: Omit<Manifest, 'files'>): string {
  for (const line of [LINK, SCRIPT]) {
    if (!page.includes(line)) throw new Error(`public/index.html must hold this line: ${line}`)
  }
  const preloads = preload.map((chunk) => `<link rel="modulepreload" href="${chunk}">`).join('')
  return page
    .replace(LINK, () => `<link rel="stylesheet" href="${style}">`)
    .replace(SCRIPT, () => `${preloads}<script type="module" src="${script}"></script>`)
}

/** Which file is which, from the bundler's own account of what imports what. */
function linksOf({ metafile }: BuildOutput): Omit<Manifest, 'files' | 'style'> {
  const outputs = Object.entries(metafile?.outputs ?? {})
  const url = (path: string) => `/assets/${path.replace(/^.*\//, '')}`
  const importsOf = (path: string, seen = new Set<string>()): string[] => {
    const own = outputs.find(([name]) => url(name) === url(path))?.[1].imports ?? []
    for (const { path: next, kind } of own) {
      if (kind !== 'import-statement' || seen.has(url(next))) continue
      seen.add(url(next))
      importsOf(next, seen)
    }
    return [...seen]
  }
  const lazy: Manifest['lazy'] = {}
  let script = ''
  for (const [path, { entryPoint }] of outputs) {
    if (entryPoint === undefined) continue
    if (/(^|\/)client\/main\.ts$|^main\.ts$/.test(entryPoint)) script = path
    else lazy[entryPoint.replace(/^.*src\/client\//, '')] = [url(path), ...importsOf(path)]
  }
  return { script: url(script), preload: importsOf(script), lazy }
}

/**
 * Tailwind by its own `compile()`, as the plugin for Bun carries another version. Classes are looked for in
 * the client's TypeScript and in the page, and nowhere else.
 */
function tailwind(root: string): BunPlugin {
  return {
    name: 'tailwind',
    setup(build) {
      build.onLoad({ filter: /\.css$/ }, async ({ path }) => {
        const base = dirname(path)
        const sheet = await compile(await Bun.file(path).text(), { base, loadStylesheet })
        return { contents: sheet.build(await candidates(root)), loader: 'css' }
      })
    },
  }
}

async function loadStylesheet(id: string, base: string) {
  const file = id === 'tailwindcss' ? 'tailwindcss/index.css' : id.endsWith('.css') ? id : `${id}.css`
  const path = id.startsWith('.') ? resolve(base, id) : Bun.resolveSync(file, import.meta.dir)
  return { path, base: dirname(path), content: await Bun.file(path).text() }
}

/** Every word that may be a class. Tailwind drops those that are none. */
async function candidates(root: string): Promise<string[]> {
  const found = new Set(words(await Bun.file(join(root, 'public/index.html')).text()))
  const types = new Bun.Transpiler({ loader: 'ts' })
  for await (const file of new Glob('src/client/**/*.ts').scan({ cwd: root })) {
    // transpiled, a file has no comments and no types left whose words could pass for classes
    const code = types.transformSync(await Bun.file(join(root, file)).text())
    for (const text of code.match(/"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`/gs) ?? []) {
      for (const word of words(text)) found.add(word)
    }
    // outside of what looks like a string only what no code looks like: nested templates confuse the line above
    for (const word of words(code)) if (/[a-z]-|[a-z]:/.test(word)) found.add(word)
  }
  return [...found]
}

const words = (text: string): string[] => text.split(/[\s"'`\\]+|\$\{|<|\}/).filter(Boolean)

function typeOf(file: string): string {
  const type = TYPES[extname(file)]
  if (type === undefined)
    throw new Error(`public/${file}: please add the type of ${extname(file)} to src/tools/build.ts`)
  return type
}

const etagOf = (content: Uint8Array): string => {
  const hash = new Bun.CryptoHasher('sha256').update(content).digest('base64url')
  return `"${hash.slice(0, 22)}"`
}

const COMPRESS: Record<Encoding, (content: Uint8Array<ArrayBuffer>) => Uint8Array> = {
  br: (content) => brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }),
  gzip: (content) => Bun.gzipSync(content, { level: 9 }),
}

async function writeSmaller(
  out: string,
  file: string,
  content: Uint8Array<ArrayBuffer>,
): Promise<Asset['encodings']> {
  const encodings: Asset['encodings'] = {}
  for (const encoding of ENCODINGS) {
    const small = COMPRESS[encoding](content)
    if (small.length >= content.length * 0.95) continue
    encodings[encoding] = `${file}.${encoding}`
    await Bun.write(join(out, `${file}.${encoding}`), small)
  }
  return encodings
}

export interface BinaryBuild {
  /** the project: holds `src/main.ts` and its workers; `public` is the folder that `buildClient` made */
  root: string
  public: string
  outfile: string
  /** another file below the project that serves, for loads */
  entry?: string
  /** as Bun names them, `bun-linux-arm64`; this machine's if absent. Another one's Bun is fetched */
  target?: string
}

/**
 * Compiles the server, its workers and the public folder into one executable file.
 * @throws Error with what the bundler said
 */
export async function buildBinary({
  root,
  public: folder,
  outfile,
  entry = 'src/main.ts',
  target,
}: BinaryBuild): Promise<void> {
  // A worker is found in the binary only if it is an entry point of its own
  const workers = await Array.fromAsync(new Glob('src/**/*.worker.ts').scan({ cwd: root }))
  const entries = [entry, ...workers.sort()]
  const command = [
    process.execPath,
    'build',
    ...entries,
    '--compile',
    '--minify',
    '--bytecode',
    // what a command or the metrics need is read when it is asked for
    '--splitting',
    '--format=esm',
  ]
  command.push('--sourcemap', '--no-compile-autoload-dotenv', '--no-compile-autoload-bunfig')
  command.push('--asset', relative(root, folder), '--outfile', outfile)
  if (target !== undefined) command.push(`--target=${target}`)
  const { exitCode, stderr } = await $`${command}`.cwd(root).quiet().nothrow()
  if (exitCode !== 0) throw new Error(`The binary does not build:\n${stderr.toString().trim()}`)
}

if (import.meta.main) {
  const root = join(import.meta.dir, '../..')
  const { values } = parseArgs({ options: { target: { type: 'string' }, outfile: { type: 'string' } } })
  const out = join(root, 'dist/public')
  const outfile = resolve(values.outfile ?? join(root, 'dist/hubbub'))
  try {
    await buildClient({ root, out, compress: 'best' })
    await buildBinary({ root, public: out, outfile, ...(values.target && { target: values.target }) })
    await Bun.write(`${outfile}.cdx.json`, await sbom(root))
    const mebibytes = (Bun.file(outfile).size / 2 ** 20).toFixed(1)
    console.log(
      `Built ${relative(process.cwd(), outfile)}, ${mebibytes} MiB, with everything it needs inside.`,
    )
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exit(1)
  }
}
