import { describe, expect, test } from 'bun:test'
import { dirname } from 'node:path'
import { allImports, type Import, importsOf, read, sources, SRC } from './support/sources.ts'

/**
 * What a folder may import, separated by spaces: a path inside src or a package, a folder with its subfolders (`a/`), or only
 * its own files (`a/*`); and the same for `import type`.
 */
type Rule = readonly [folder: string, may: string, types?: string]

const CONTRACT =
  'shared/limits shared/errors shared/assert shared/mentions shared/roomPath shared/policy shared/text shared/writing/'

/** A part of the hub imports itself, the parts below it, the contract and these files, which import each other only. */
const HUB_BASE = 'shared/ hub/connections hub/ports hub/rateLimit hub/answerFrames'
const hubPart = (folder: string, below = ''): Rule => [folder, `${folder} ${below} ${HUB_BASE}`]

/** Reading and writing share the files of `store/sqlite`, and never import each other. */
const storePart = (folder: string, also = ''): Rule => [
  folder,
  `${also} store/sqlite/* shared/ lib/ bun: node:`,
  'hub/ports',
]

/** A feature of the client never imports another feature: `client/app` composes them. */
const feature = (name: string, more = ''): Rule => [
  `client/${name}/`,
  `client/${name}/ client/ui/ client/state/ client/words/ ${CONTRACT} ${more}`,
  'shared/ client/net/ client/app/actions/actions client/app/context client/app/router',
]

/** The table of src/README.md. The first rule whose folder matches applies. */
const RULES: readonly Rule[] = [
  ['shared/', 'shared/ @sinclair/typebox'],
  hubPart('hub/people/', 'unhomoglyph/data.json'),
  hubPart('hub/presence/'),
  hubPart('hub/messages/'),
  hubPart('hub/rooms/', 'hub/people/ hub/messages/ hub/presence/'),
  hubPart('hub/history/', 'hub/messages/ hub/rooms/ hub/presence/'),
  hubPart('hub/hub.ts', 'hub/'),
  hubPart('hub/heartbeat.ts', 'hub/'),
  ['hub/', HUB_BASE],
  storePart('store/sqlite/read/', 'store/sqlite/read/'),
  storePart('store/sqlite/write/', 'store/sqlite/write/'),
  storePart('store/sqlite/sqliteStore.ts', 'store/sqlite/read/ store/sqlite/write/'),
  storePart('store/sqlite/rekeyNames.ts', 'hub/people/lookAlikeKeys'),
  storePart('store/'),
  ['cluster/', 'cluster/ shared/ lib/ bun: node:', 'hub/ports'],
  ['http/', 'http/ hub/ shared/ lib/ bun node: elysia @elysiajs/static @sinclair/typebox @sinclair/typebox/'],
  ['lib/', 'lib/ bun node: pino pino-pretty prom-client ipaddr.js'],
  ['client/words/', 'client/words/ client/ui/retryImport shared/limits', 'shared/'],
  ['client/ui/', `client/ui/ client/words/ emoji-picker-element-data/ ${CONTRACT}`, 'shared/'],
  ['client/state/', `client/state/ ${CONTRACT}`, 'shared/'],
  ['client/net/', `client/net/ idb-keyval ${CONTRACT}`, 'shared/ client/state/'],
  feature('session'),
  feature('rooms', 'client/net/savedRooms client/net/webStorage'),
  feature('roomDialogs', 'shared/sameName client/net/savedRooms'),
  feature('invite', 'uqr'),
  feature('help'),
  feature('timeline', 'lowlight highlight.js/lib/languages/'),
  feature('composer'),
  feature('suggestions'),
  feature('people'),
  feature('notifications', 'client/net/parseStored client/net/tabChannel'),
  feature('settings'),
  ['client/', `client/ ${CONTRACT}`, 'shared/'],
  [
    'operator/',
    'operator/ config store/ shared/ lib/ http/listen bun bun: node: tar-stream @sinclair/typebox @sinclair/typebox/',
  ],
  ['tools/', 'tools/ lib/ bun node: tailwindcss terser'],
  ['', 'main server operator/ config shared/ hub/ store/ cluster/ http/ lib/ bun node:'],
]

function allows(list: string, target: string): boolean {
  return list
    .split(' ')
    .some(
      (entry) =>
        target === entry ||
        (/[/:]$/.test(entry) && target.startsWith(entry)) ||
        (entry.endsWith('/*') && dirname(target) === dirname(entry)),
    )
}

/** Imports that the table does not allow. */
function forbidden(imports: readonly Import[]): Import[] {
  return imports.filter(({ file, target, typeOnly }) => {
    if (file.endsWith('.mjs')) return !target.startsWith('node:')
    const [, may = '', types = ''] = RULES.find(([folder]) => file.startsWith(folder)) ?? []
    return !allows(may, target) && !(typeOnly && allows(types, target))
  })
}

describe('imports', () => {
  test('[B2] each folder imports only what the table allows', async () => {
    expect(forbidden(await allImports())).toEqual([])
  })

  test.each([
    ["import { x } from '../store/sqlite.ts'", 'store/sqlite', false],
    ["import type { Hub } from '../hub/hub.ts'", 'hub/hub', true],
    ["export * from './z.ts'", 'hub/z', false],
    ["const late = import('./j.json', { with: { type: 'json' } })", 'hub/j.json', false],
    ['const lazy = await import(\n  `./v.ts`,\n)', 'hub/v', false],
    ["type Loaded = typeof import('./w.ts')", 'hub/w', true],
    ["const table = require('some/data.json')", 'some/data.json', false],
  ])('[B2] the test above sees the import of %s', (text, target, typeOnly) => {
    expect(importsOf('hub/a.ts', text)).toEqual([{ file: 'hub/a.ts', target, typeOnly }])
  })

  test.each([
    ['hub/people/a.ts', 'hub/messages/feed'],
    ['hub/presence/a.ts', 'hub/people/sessions'],
    ['hub/messages/a.ts', 'hub/rooms/rooms'],
    ['hub/rooms/a.ts', 'hub/history/roomSyncer'],
    ['hub/history/a.ts', 'hub/people/sessions'],
    ['hub/people/a.ts', 'hub/heartbeat'],
    ['hub/connections.ts', 'hub/presence/presence'],
    ['hub/connections.ts', 'hub/hub'],
    ['store/sqlite/read/a.ts', 'store/sqlite/write/writer'],
    ['store/sqlite/write/a.ts', 'store/sqlite/read/reader'],
    ['store/sqlite/database.ts', 'store/sqlite/read/reader'],
    ['client/state/a.ts', 'client/ui/format'],
    ['client/rooms/a.ts', 'client/timeline/messageList'],
  ])('[B2] %s may not import %s, not even its types', (file, target) => {
    expect(forbidden([{ file, target, typeOnly: true }])).toHaveLength(1)
  })

  test('[B2] the hub uses no clock, timer, randomness, network or console', async () => {
    const words =
      /\bBun\b|\bfetch\(|Date\.now|new Date\(|Math\.random|setTimeout|setInterval|queueMicrotask|\bconsole\b|\bcrypto\b/
    const wrong: string[] = []
    for (const file of await sources()) {
      if (!file.startsWith('hub/')) continue
      const text = await read(file)
      for (const line of text.split('\n')) {
        const code = line.replace(/\/\*.*?\*\/|\/\/.*|^\s*\/?\*.*/g, '')
        if (words.test(code)) wrong.push(`${file}: ${line.trim()}`)
      }
    }
    expect(wrong).toEqual([])
  })

  test('[A11] style sheets and class names use only logical directions', async () => {
    const classes =
      /['" ](?:-?(?:ml|mr|pl|pr|left|right)-[\w[]|text-(?:left|right)\b|border-[lr]\b|rounded-[lr]\b)/
    const css =
      /(?:margin|padding|border)-(?:left|right)|(?:^|[\s;{])(?:left|right)\s*:|text-align:\s*(?:left|right)|[\s;{]inset:[^;]*var\(/m
    const wrong: string[] = []
    for (const file of await sources())
      if (file.startsWith('client/') && classes.test(await read(file))) wrong.push(file)
    for await (const file of new Bun.Glob('client/**/*.css').scan(SRC))
      if (css.test(await read(file))) wrong.push(file)
    expect(wrong).toEqual([])
  })
})
