import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { buildClient } from '../src/tools/build.ts'
import { ASSET_MANIFEST, type Manifest } from '../src/lib/manifest.ts'

const root = dirname(import.meta.dir)
let folder = join(root, 'dist/public')
let made = ''
let manifest: Manifest
beforeAll(async () => {
  // A run of all tests has made a release build, which takes ten seconds of CPU, and a minute beside other tests.
  if (process.env.CLIENT_IS_BUILT === '1') {
    manifest = await Bun.file(join(folder, ASSET_MANIFEST)).json()
    if (manifest.files[manifest.script]?.encodings.br !== undefined) return
  }
  made = folder = await mkdtemp(join(tmpdir(), 'hubbub-budget-'))
  manifest = await buildClient({ root, out: folder, compress: 'best' })
}, 60_000)
afterAll(async () => {
  if (made !== '') await rm(made, { recursive: true, force: true })
})

const read = (path: string) => Bun.file(join(folder, path)).text()
/** The size of these files in KB (1,000 bytes) of gzip. */
async function kilobytes(paths: string[]): Promise<number> {
  let bytes = 0
  for (const path of paths)
    bytes += Bun.gzipSync(await Bun.file(join(folder, path)).bytes(), { level: 9 }).length
  return bytes / 1000
}
const home = () => [manifest.script, ...manifest.preload]
const CHAT = 'app/startChat.ts'
const NOTIFICATIONS = 'notifications/startNotifications.ts'
const MARKDOWN = 'timeline/markdown/markdown.ts'
const HIGHLIGHT = 'timeline/markdown/highlight.ts'
const needs = (chunk: string) => manifest.lazy[chunk] ?? ['/none']
const room = () => [...new Set([...home(), ...needs(CHAT)])]

test('[W1] home loads at most 25 KB of JavaScript', async () => {
  expect(await kilobytes(home())).toBeLessThanOrEqual(25)
})

test('[W1] the chat loads at most 60 KB of JavaScript in all', async () => {
  expect(await kilobytes(room())).toBeLessThanOrEqual(60)
})

test('[W1] every other chunk has at most 30 KB', async () => {
  for (const [name, [chunk = '']] of Object.entries(manifest.lazy))
    if (name !== CHAT) expect(await kilobytes([chunk])).toBeLessThanOrEqual(30)
})

test('[W1, U251] the words of another language have at most 8 KB', async () => {
  const languages = Object.entries(manifest.lazy).filter(([name]) => name.startsWith('words/'))
  for (const [, [chunk = '']] of languages) expect(await kilobytes([chunk])).toBeLessThanOrEqual(8)
})

test('[W1] the chat is one chunk, and only these features are others', () => {
  expect(Object.keys(manifest.lazy).sort()).toEqual([
    'app/room/swipes.ts',
    CHAT,
    'help/helpDialog.ts',
    'invite/inviteDialog.ts',
    NOTIFICATIONS,
    'people/personCard.ts',
    'roomDialogs/roomDialogs.ts',
    'settings/settingsDialog.ts',
    'suggestions/suggestions.ts',
    HIGHLIGHT,
    MARKDOWN,
    'timeline/menu/menuChunk.ts',
    'ui/emoji/emojiChunk.ts',
    'words/de.ts',
  ])
  for (const chunk of Object.keys(manifest.lazy))
    expect(needs(chunk).filter((path) => !home().includes(path))).toHaveLength(1)
})

test('[W2] the style sheet has at most 12 KB, the first load of the chat 95 KB in 8 requests with Markdown and notifications', async () => {
  expect(await kilobytes([manifest.style])).toBeLessThanOrEqual(12)
  const all = [
    '/index.html',
    '/theme.js',
    '/icons/hubbub.svg',
    manifest.style,
    ...new Set([...room(), ...needs(MARKDOWN), ...needs(NOTIFICATIONS)]),
  ]
  expect(await kilobytes(all)).toBeLessThanOrEqual(95)
  expect(all.length).toBeLessThanOrEqual(8)
})

test('[V9] the script that runs before the first paint has at most 1 KB', async () => {
  expect((await read('/theme.js')).length).toBeLessThanOrEqual(1000)
})

test('[O5] the page loads nothing from another origin', async () => {
  const page = await read('/index.html')
  const asked = [...page.matchAll(/\s(?:src|href|action|content)="([^"]*)"/g)].map(([, value = '']) => value)
  expect(asked.filter((value) => /^(?:[a-z]+:)?\/\//i.test(value))).toEqual([])
  const css = await read(manifest.style)
  expect(css).not.toMatch(/url\(\s*["']?(?:https?:)?\/\/|@import|@font-face/)
})

test('[S2] the page has no inline script or style', async () => {
  const page = await read('/index.html')
  expect(page.match(/<script\b(?![^>]*\ssrc=)[^>]*>/g) ?? []).toEqual([])
  expect(page).not.toMatch(/<style\b|\sstyle=|\son[a-z]+=/i)
})

test('[S2] no built script turns a string into HTML or code', async () => {
  // highlight.js names `innerHTML` in a function for pages that hand it an element; lowlight never calls that.
  const isExempt = (path: string) => needs(HIGHLIGHT)[0] === path
  const scripts = Object.keys(manifest.files).filter((path) => path.endsWith('.js') && !isExempt(path))
  expect(scripts.length).toBeGreaterThanOrEqual(3)
  const found: string[] = []
  for (const path of scripts) {
    const never =
      /\b(?:innerHTML|outerHTML|insertAdjacentHTML|createContextualFragment|parseFromString|setHTMLUnsafe|parseHTMLUnsafe|document\.write(?:ln)?|eval(?=\()|Function(?=\())\b/g
    for (const [word] of (await read(path)).matchAll(never)) found.push(`${path} ${word}`)
  }
  expect(found).toEqual([])
})
