import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from 'bun:test'
import { join } from 'node:path'
import { buildBinary, buildClient } from '../../src/tools/build.ts'
import type { Manifest } from '../../src/lib/manifest.ts'
import { aProject } from '../support/server/aProject.ts'

// Compiling the binary takes seconds on a busy machine.
setDefaultTimeout(60_000)

/** Prints what the binary finds around it. */
const MAIN = `import { Glob } from 'bun'
import { join } from 'node:path'
import { askWorker } from './store/ask.ts'

const files = await Array.fromAsync(new Glob('**/*').scan({ cwd: join(import.meta.dir, 'public') }))
const worker = await askWorker(new URL('./store/echo.worker.ts', import.meta.url))
const { FROM_DOTENV = null } = process.env
console.log(JSON.stringify({ worker, files, FROM_DOTENV, preloaded: 'preloaded' in globalThis }))
`
const ASK = `export async function askWorker(url: URL): Promise<unknown> {
  const worker = new Worker(url)
  const answer = await new Promise((resolve) => {
    worker.onmessage = ({ data }) => resolve(data)
    worker.onerror = () => resolve('no worker')
    worker.postMessage('are you there')
  })
  worker.terminate()
  return answer
}
`
const WORKER = `declare const self: Worker
self.onmessage = ({ data }) => self.postMessage(data + '?')
`

let project: Awaited<ReturnType<typeof aProject>>
let manifest: Manifest
beforeAll(async () => {
  project = await aProject({
    'src/main.ts': MAIN,
    'src/store/ask.ts': ASK,
    'src/store/echo.worker.ts': WORKER,
  })
  manifest = await buildClient({ root: project.root, out: project.path('dist/public'), compress: 'none' })
})
afterAll(() => project.remove())

test('[X17] the binary has its worker and its public folder, and reads no .env or bunfig.toml of the folder it starts in', async () => {
  const outfile = project.path('dist/hubbub')
  await buildBinary({ root: project.root, public: project.path('dist/public'), outfile })
  const cwd = project.path('elsewhere')
  await Bun.write(join(cwd, '.env'), 'FROM_DOTENV=canary\n')
  await Bun.write(join(cwd, 'bunfig.toml'), 'preload = ["./preload.ts"]\n')
  await Bun.write(join(cwd, 'preload.ts'), 'Object.assign(globalThis, { preloaded: true })\n')
  const child = Bun.spawn([outfile], { cwd, env: { PATH: process.env['PATH'] ?? '' }, stdout: 'pipe' })
  expect(await new Response(child.stdout).json()).toEqual({
    worker: 'are you there?',
    files: expect.arrayContaining(['index.html', 'assets.json', manifest.script.slice(1)]),
    FROM_DOTENV: null,
    preloaded: false,
  })
})

describe('the client', () => {
  const read = (path: string) => Bun.file(project.path(`dist/public${path}`)).text()

  test('[V5] the style sheet has the classes that the code names, and keeps light-dark() and logical properties', async () => {
    const css = await read(manifest.style)
    for (const part of ['.flex{', '.hidden{', String.raw`.hover\:text-ink`, '.pt-4{', 'light-dark('])
      expect(css).toContain(part)
    expect(css).toContain('inset-inline-start:4px')
    // `underline` stands only in a comment of the script.
    expect(css).not.toContain('underline}')
    expect(css).not.toContain(':lang(')
  })

  test('[S28] the page links its entries by names with a hash, and every build gives the same names', async () => {
    const page = await read('/index.html')
    expect(page).toContain(`<link rel="stylesheet" href="${manifest.style}">`)
    expect(page).toContain(`<script type="module" src="${manifest.script}"></script>`)
    for (const name of [manifest.script, manifest.style])
      expect(name).toMatch(/^\/assets\/\w+-\w{8}\.(js|css)$/)
    expect(Object.keys(manifest.lazy).sort()).toEqual(['app/startChat.ts', 'timeline/markdown/markdown.ts'])
    const again = await buildClient({ root: project.root, out: project.path('dist/again'), compress: 'none' })
    expect(again).toEqual(manifest)
  })

  test.each([
    ['where a file does not compile', 'src/client/shared.ts', 'export const shared = (', /shared\.ts:1$/],
    [
      'which line the page lacks',
      'public/index.html',
      '<!doctype html><title>x</title>',
      /must hold this line: <link rel="stylesheet"/,
    ],
  ])('[O4] a failed build says %s', async (_what, file, content, message) => {
    const broken = await aProject({ [file]: content })
    const built = buildClient({ root: broken.root, out: broken.path('dist'), compress: 'none' })
    const failure = await built.then(String, (error: Error) => {
      const { position } = ((error as AggregateError).errors?.[0] ?? {}) as BuildMessage
      return position ? `${position.file}:${position.line}` : error.message
    })
    expect(failure).toMatch(message)
    await broken.remove()
  })
})
