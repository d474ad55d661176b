import { describe, expect, test } from 'bun:test'
import { dirname } from 'node:path'
import { allImports, type Import, importsOf, read, sources, SRC } from './support/sources.ts'

/**
 * What a folder may import: a path inside src or a package, a folder with its subfolders (`a/`), or only its own files
 * (`a/*`). `types`: by `import type` only.
 */
interface Rule {
  may: readonly string[]
  types?: readonly string[]
}

const CONTRACT = [
  'shared/limits',
  'shared/errors',
  'shared/assert',
  'shared/names',
  'shared/policy',
  'shared/text',
]
const CONTRACT_TYPES = ['shared/']

/** Files that every folder of the hub may import; they import each other only. */
const HUB_BASE = ['hub/connections', 'hub/ports', 'hub/rateLimit', 'hub/answerFrames']

/** Files of the hub that combine its folders. */
const HUB_COMPOSERS = ['hub/hub.ts', 'hub/heartbeat.ts']

/** A part of the hub imports itself, the parts below it, the common files and the contract. */
function hubPart(folder: string, ...below: string[]): readonly [folder: string, rule: Rule] {
  return [folder, { may: [folder, ...below, ...HUB_BASE, 'shared/'] }]
}

/** Reading and writing share the files of `store/sqlite`, and never import each other. */
function storePart(folder: string, ...also: string[]): readonly [folder: string, rule: Rule] {
  return [
    folder,
    { may: [...also, 'store/sqlite/*', 'shared/', 'lib/', 'bun:', 'node:'], types: ['hub/ports'] },
  ]
}

/** A feature of the client never imports another feature: `client/app` composes them. */
function feature(name: string, ...packages: string[]): readonly [folder: string, rule: Rule] {
  return [
    `client/${name}/`,
    {
      may: [`client/${name}/`, 'client/ui/', 'client/state/', 'client/words/', ...CONTRACT, ...packages],
      types: [
        ...CONTRACT_TYPES,
        'client/net/',
        'client/app/actions/actions',
        'client/app/context',
        'client/app/router',
      ],
    },
  ]
}

/** The table of src/README.md. The first rule whose folder matches applies. */
const RULES: readonly (readonly [folder: string, rule: Rule])[] = [
  ['shared/', { may: ['shared/', '@sinclair/typebox'] }],
  hubPart('hub/people/', 'unhomoglyph/data.json'),
  hubPart('hub/presence/'),
  hubPart('hub/messages/'),
  hubPart('hub/rooms/', 'hub/people/', 'hub/messages/', 'hub/presence/'),
  hubPart('hub/history/', 'hub/messages/', 'hub/rooms/', 'hub/presence/'),
  ...HUB_COMPOSERS.map((file) => hubPart(file, 'hub/')),
  ['hub/', { may: [...HUB_BASE, 'shared/'] }],
  storePart('store/sqlite/read/', 'store/sqlite/read/'),
  storePart('store/sqlite/write/', 'store/sqlite/write/'),
  storePart('store/sqlite/sqliteStore.ts', 'store/sqlite/read/', 'store/sqlite/write/'),
  storePart('store/'),
  ['cluster/', { may: ['cluster/', 'shared/', 'lib/', 'bun:', 'node:'], types: ['hub/ports'] }],
  [
    'http/',
    {
      may: [
        'http/',
        'hub/',
        'shared/',
        'lib/',
        'bun',
        'node:',
        'elysia',
        '@elysiajs/static',
        '@sinclair/typebox',
        '@sinclair/typebox/compiler',
      ],
    },
  ],
  ['lib/', { may: ['lib/', 'bun', 'node:', 'pino', 'pino-pretty', 'prom-client', 'ipaddr.js'] }],
  ['client/words/', { may: ['client/words/', 'shared/limits'], types: CONTRACT_TYPES }],
  [
    'client/ui/',
    {
      may: ['client/ui/', 'client/words/', 'emoji-picker-element-data/', ...CONTRACT],
      types: CONTRACT_TYPES,
    },
  ],
  ['client/state/', { may: ['client/state/', ...CONTRACT], types: CONTRACT_TYPES }],
  [
    'client/net/',
    { may: ['client/net/', 'idb-keyval', ...CONTRACT], types: [...CONTRACT_TYPES, 'client/state/'] },
  ],
  feature('session'),
  feature('rooms', 'client/net/savedRooms', 'client/net/webStorage'),
  feature('roomFinder'),
  feature('invite', 'uqr'),
  feature('timeline', 'marked', 'linkify-it'),
  feature('composer'),
  feature('suggestions'),
  feature('people'),
  feature('notifications', 'client/net/parseStored', 'client/net/tabChannel'),
  feature('settings'),
  ['client/', { may: ['client/', ...CONTRACT], types: CONTRACT_TYPES }],
  [
    'operator/',
    {
      may: [
        'operator/',
        'config',
        'store/',
        'shared/',
        'lib/',
        'http/listen',
        'bun',
        'bun:',
        'node:',
        '@sinclair/typebox',
        '@sinclair/typebox/value',
        '@sinclair/typebox/compiler',
        'tar-stream',
      ],
    },
  ],
  ['tools/', { may: ['tools/', 'lib/', 'bun', 'node:', 'tailwindcss', 'terser'] }],
  [
    '',
    {
      may: [
        'main',
        'server',
        'operator/',
        'config',
        'shared/',
        'hub/',
        'store/',
        'cluster/',
        'http/',
        'lib/',
        'bun',
        'node:',
      ],
    },
  ],
]

function allowed(list: readonly string[], target: string): boolean {
  return list.some(
    (entry) =>
      target === entry ||
      (/[/:]$/.test(entry) && target.startsWith(entry)) ||
      (entry.endsWith('/*') && dirname(target) === dirname(entry)),
  )
}

/** Imports that the table does not allow. */
function forbidden(imports: readonly Import[]): Import[] {
  return imports.filter(({ file, target, typeOnly }) => {
    const rule = RULES.find(([folder]) => file.startsWith(folder))?.[1]
    if (rule === undefined) return true
    if (file.endsWith('.mjs')) return !target.startsWith('node:')
    return !allowed(rule.may, target) && !(typeOnly && allowed(rule.types ?? [], target))
  })
}

describe('imports', () => {
  test('[B2] each folder imports only what the table allows', async () => {
    expect(forbidden(await allImports())).toEqual([])
  })

  test('[B2] the test above sees a forbidden import', () => {
    const seen = [
      "import { x } from '../store/sqlite.ts'",
      "import type { Hub } from '../hub/hub.ts'",
      "export * from './z.ts'",
      "await import('./y.ts')",
      "const late = import('./j.json', { with: { type: 'json' } })",
      'const lazy = await import(\n  `./v.ts`,\n)',
      "let room: import('./model.ts').Room",
      "type Loaded = typeof import('./w.ts')",
      "const table = require('some/data.json')",
    ]
    expect(importsOf('hub/a.ts', seen.join('\n'))).toEqual([
      { file: 'hub/a.ts', target: 'store/sqlite', typeOnly: false },
      { file: 'hub/a.ts', target: 'hub/hub', typeOnly: true },
      { file: 'hub/a.ts', target: 'hub/z', typeOnly: false },
      { file: 'hub/a.ts', target: 'hub/y', typeOnly: false },
      { file: 'hub/a.ts', target: 'hub/j.json', typeOnly: false },
      { file: 'hub/a.ts', target: 'hub/v', typeOnly: false },
      { file: 'hub/a.ts', target: 'hub/model', typeOnly: false },
      { file: 'hub/a.ts', target: 'hub/w', typeOnly: true },
      { file: 'hub/a.ts', target: 'some/data.json', typeOnly: false },
    ])
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
