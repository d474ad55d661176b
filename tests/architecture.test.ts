import { describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { allImports, importsOf, read, ROOT, sources, SRC } from './support/sources.ts'

/** What a folder may import: paths inside src by prefix, packages by name. `types`: by `import type` alone. */
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

/** A feature of the client never imports another one: `client/app` composes them. */
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

/** The table of src/README.md. The first rule whose folder fits counts. */
const RULES: readonly (readonly [folder: string, rule: Rule])[] = [
  ['shared/', { may: ['shared/', '@sinclair/typebox'] }],
  ['hub/', { may: ['hub/', 'shared/', 'unhomoglyph/data.json'] }],
  ['store/', { may: ['store/', 'shared/', 'lib/', 'bun:', 'node:'], types: ['hub/ports'] }],
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
  ['lib/', { may: ['lib/', 'bun', 'node:', 'pino', 'pino-pretty', 'prom-client'] }],
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
  feature('rooms', 'uqr'),
  feature('timeline', 'marked', 'linkify-it'),
  feature('composer'),
  feature('people'),
  feature('notifications'),
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
        '@sinclair/typebox/compiler',
      ],
    },
  ],
  ['tools/', { may: ['tools/', 'lib/', 'bun', 'node:', 'tailwindcss'] }],
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
  return list.some((entry) => target === entry || (/[/:]$/.test(entry) && target.startsWith(entry)))
}

describe('the house', () => {
  test('[B2] imports point one way: each folder takes only what the table allows it', async () => {
    const wrong = (await allImports()).filter(({ file, target, typeOnly }) => {
      const rule = RULES.find(([folder]) => file.startsWith(folder))?.[1]
      if (rule === undefined) return true
      if (file.endsWith('.mjs')) return !target.startsWith('node:')
      return !allowed(rule.may, target) && !(typeOnly && allowed(rule.types ?? [], target))
    })
    expect(wrong).toEqual([])
  })

  test('[B2] the test above sees a forbidden import', () => {
    const text =
      "import { x } from '../store/sqlite.ts'\nimport type { Hub } from '../hub/hub.ts'\nawait import('./y.ts')"
    expect(importsOf('hub/a.ts', text)).toEqual([
      { file: 'hub/a.ts', target: 'store/sqlite', typeOnly: false },
      { file: 'hub/a.ts', target: 'hub/hub', typeOnly: true },
      { file: 'hub/a.ts', target: 'hub/y', typeOnly: false },
    ])
  })

  test('[B2] the hub has no clock, timer, randomness, network or console of its own', async () => {
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

  test('[S2] no source of the page can make HTML of a string', async () => {
    const words =
      /innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|createContextualFragment|\beval\(|new Function/
    const wrong: string[] = []
    for (const file of await sources()) {
      if (!file.startsWith('client/')) continue
      if (words.test(await read(file))) wrong.push(file)
    }
    expect(wrong).toEqual([])
  })

  test('[A11] the style sheet and class names use logical directions only', async () => {
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

  test('[V5] colours come from the tokens: none stands in the code but the grounds that the browser’s bars are told', async () => {
    const told = await Bun.file(join(ROOT, 'public/index.html')).text()
    const literal = /#[0-9a-f]{3,8}\b|\brgba?\(|\bhsla?\(|\boklch\(|-\[#/i
    const wrong: string[] = []
    for (const file of await sources()) {
      if (!file.startsWith('client/')) continue
      for (const line of (await read(file)).split('\n'))
        if (
          literal.test(line) &&
          !(line.match(/#[0-9a-f]+/gi) ?? []).every((colour) => told.includes(`"${colour}"`))
        )
          wrong.push(`${file}: ${line.trim()}`)
    }
    expect(wrong).toEqual([])
  })
})
