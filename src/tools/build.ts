/**
 * `buildClient` bundles `src/client` and `public` into a folder with a manifest; `buildBinary` compiles the server with this
 * folder into one file. `bun run build` does both.
 */
import { mkdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { brotliCompressSync, constants } from 'node:zlib'
import { $, type BuildOutput, type BunPlugin, Glob } from 'bun'
import { compile } from 'tailwindcss'
import { minify } from 'terser'
import { type Asset, ENCODINGS, type Encoding, type Manifest, ASSET_MANIFEST } from '../lib/manifest.ts'
import { sbom } from './sbom.ts'

export interface ClientBuild {
  /** the project's root, with `src/client` and `public` */
  root: string
  /** created or replaced as a whole, only after success */
  out: string
  /** `best` takes some seconds: for a build that is served often */
  compress: 'none' | 'best'
}

/** Lines of `public/index.html` that are replaced by the names of a build. */
const LINK = '<link rel="stylesheet" href="/assets/style.css">'
const SCRIPT = '<script type="module" src="/assets/main.js"></script>'

/** @throws AggregateError if a source does not compile, Error if the page lacks one of the two lines */
export async function buildClient({ root, out, compress }: ClientBuild): Promise<Manifest> {
  const naming = { entry: '[name]-[hash].[ext]', chunk: '[name]-[hash].[ext]', asset: '[name]-[hash].[ext]' }
  const shared = { root: join(root, 'src/client'), minify: true, naming } as const
  const script = await Bun.build({
    ...shared,
    entrypoints: [join(root, 'src/client/main.ts')],
    target: 'browser',
    format: 'esm',
    splitting: true,
    minChunkSize: 16_384,
    // The page preloads the same chunks itself.
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
  const files: Manifest['files'] = {}
  const fresh = `${out}.${process.pid}`
  await rm(fresh, { recursive: true, force: true })
  const add = async (file: string, content: Uint8Array<ArrayBuffer>, immutable: boolean) => {
    await Bun.write(join(fresh, file), content)
    const encodings = compress === 'best' && immutable ? await writeEncodings(fresh, file, content) : {}
    const hash = new Bun.CryptoHasher('sha256').update(content).digest('base64url').slice(0, 22)
    files[`/${file}`] = { file, type: Bun.file(file).type, etag: `"${hash}"`, immutable, encodings }
  }
  for (const output of [...script.outputs, ...style.outputs]) {
    const bundled = new Uint8Array(await output.arrayBuffer())
    const isMinifiable = compress === 'best' && output.path.endsWith('.js')
    await add(`assets/${output.path.slice(2)}`, isMinifiable ? await minified(bundled) : bundled, true)
  }
  const links = { ...linksOf(script), style: `/assets/${style.outputs[0]?.path.slice(2)}` }
  for await (const file of new Glob('**/*').scan({ cwd: join(root, 'public') })) {
    const content = Bun.file(join(root, 'public', file))
    if (file === 'index.html') await Bun.write(join(fresh, file), withLinks(await content.text(), links))
    else if (compress === 'best' && file.endsWith('.js'))
      await add(file, await minifiedScript(content), false)
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

/** Minifies once more what Bun has minified: 7 % less gzip, for some seconds of building. */
async function minified(script: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  const options = { module: true, ecma: 2020, compress: { passes: 3 } } as const
  const { code = '' } = await minify(new TextDecoder().decode(script), options)
  return new TextEncoder().encode(code)
}

/** Minifies a script of `public`, which browsers too old for the page run too. */
async function minifiedScript(file: Blob): Promise<Uint8Array<ArrayBuffer>> {
  const { code = '' } = await minify(await file.text(), { ecma: 5 })
  return new TextEncoder().encode(code)
}

/** Puts the names of this build into the page. @throws Error if the page lacks one of the two lines */
function withLinks(page: string, { script, style, preload }: Omit<Manifest, 'files'>): string {
  for (const line of [LINK, SCRIPT])
    if (!page.includes(line)) throw new Error(`public/index.html must hold this line: ${line}`)
  const preloads = preload.map((chunk) => `<link rel="modulepreload" href="${chunk}">`).join('')
  return page
    .replace(LINK, () => `<link rel="stylesheet" href="${style}">`)
    .replace(SCRIPT, () => `${preloads}<script type="module" src="${script}"></script>`)
}

/** The entry and the lazy chunks with their imports, from the bundler's metafile. */
function linksOf({ metafile }: BuildOutput): Omit<Manifest, 'files' | 'style'> {
  const url = (path: string) => `/assets/${basename(path)}`
  const outputs = new Map(
    Object.entries(metafile?.outputs ?? {}).map(([path, output]) => [url(path), output]),
  )
  const importsOf = (chunk: string, seen = new Set<string>()): Set<string> => {
    for (const { path, kind } of outputs.get(chunk)?.imports ?? []) {
      if (kind !== 'import-statement' || seen.has(url(path))) continue
      importsOf(url(path), seen.add(url(path)))
    }
    return seen
  }
  const lazy: Manifest['lazy'] = {}
  let script = ''
  for (const [chunk, { entryPoint }] of outputs) {
    if (entryPoint === undefined) continue
    if (/(^|\/)client\/main\.ts$|^main\.ts$/.test(entryPoint)) script = chunk
    else lazy[entryPoint.replace(/^.*src\/client\//, '')] = [chunk, ...importsOf(chunk)]
  }
  return { script, preload: [...importsOf(script)], lazy }
}

/** Calls Tailwind's own `compile()`: its plugin for Bun carries an older Tailwind, and scans every file. */
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

/** Words of the page and the client that may be classes. Tailwind ignores the others. */
async function candidates(root: string): Promise<string[]> {
  const found = new Set(words(await Bun.file(join(root, 'public/index.html')).text()))
  const transpiler = new Bun.Transpiler({ loader: 'ts' })
  for await (const file of new Glob('src/client/**/*.ts').scan({ cwd: root })) {
    // Comments and types are removed, since their words could look like classes.
    const code = transpiler.transformSync(await Bun.file(join(root, file)).text())
    for (const word of words(code)) found.add(word)
  }
  return [...found]
}

const words = (text: string): string[] => text.split(/[\s"'`\\]+|\$\{|<|\}/).filter(Boolean)

const COMPRESS: Record<Encoding, (content: Uint8Array<ArrayBuffer>) => Uint8Array> = {
  br: (content) => brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }),
  gzip: (content) => Bun.gzipSync(content, { level: 9 }),
}

/** Writes the encodings that save at least 5 %. */
async function writeEncodings(
  out: string,
  file: string,
  content: Uint8Array<ArrayBuffer>,
): Promise<Asset['encodings']> {
  const encodings: Asset['encodings'] = {}
  for (const encoding of ENCODINGS) {
    const compressed = COMPRESS[encoding](content)
    if (compressed.length >= content.length * 0.95) continue
    encodings[encoding] = `${file}.${encoding}`
    await Bun.write(join(out, `${file}.${encoding}`), compressed)
  }
  return encodings
}

export interface BinaryBuild {
  /** the project's root */
  root: string
  /** the folder that `buildClient` made */
  public: string
  outfile: string
  /** another entry point that starts a server, for load tests */
  entry?: string
  /** another platform by Bun's name for it, such as `bun-linux-arm64`: its Bun is downloaded */
  target?: string
}

/** Compiles the server, its workers and the public folder into one executable. @throws Error with the bundler's message */
export async function buildBinary({
  root,
  public: folder,
  outfile,
  entry = 'src/main.ts',
  target,
}: BinaryBuild): Promise<void> {
  // A binary finds a worker only if the worker is an entry point.
  const workers = await Array.fromAsync(new Glob('src/**/*.worker.ts').scan({ cwd: root }))
  const flags =
    '--compile --minify --bytecode --splitting --format=esm --sourcemap --no-compile-autoload-dotenv --no-compile-autoload-bunfig'
  const command = [process.execPath, 'build', entry, ...workers.sort(), ...flags.split(' ')]
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
  await buildClient({ root, out, compress: 'best' })
  await buildBinary({ root, public: out, outfile, ...(values.target && { target: values.target }) })
  await Bun.write(`${outfile}.cdx.json`, await sbom(root))
  const mebibytes = (Bun.file(outfile).size / 2 ** 20).toFixed(1)
  console.log(`Built ${relative(process.cwd(), outfile)}, ${mebibytes} MiB, with everything it needs inside.`)
}
