import { mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const HERE = join(import.meta.dir, '../../..')

/** The smallest client that the build accepts: a page, a script with lazy parts, a style sheet and an icon. */
const CLIENT: Record<string, string> = {
  'public/index.html': `<!doctype html>
<html lang="en">
  <head>
    <title>Hubbub</title>
    <meta name="application-name" content="Hubbub">
    <script src="/theme.js"></script>
    <link rel="stylesheet" href="/assets/style.css">
    <script type="module" src="/assets/main.js"></script>
  </head>
  <body><h1 class="pt-4" data-place>Hubbub</h1></body>
</html>
`,
  'public/theme.js': `document.documentElement.dataset.theme = 'dark'\n`,
  'public/icons/hubbub.svg': '<svg xmlns="http://www.w3.org/2000/svg"/>\n',
  'src/client/style.css': `@import 'tailwindcss';
@theme { --color-*: initial; --color-ink: light-dark(oklch(0.2 0 0), oklch(0.9 0 0)); }
:root { color-scheme: light dark }
.edge { inset-inline-start: 4px }
`,
  'src/client/main.ts': `import { shared } from './shared.ts'
// a comment says underline, and it is no class
shared(${'`flex ${location.hash ? `hover:text-ink` : "hidden"}`'})
void import('./app/startChat.ts').then(({ room }) => room())
void import('./timeline/markdown/markdown.ts').then(({ drawn }) => drawn())
`,
  'src/client/shared.ts': `export const shared = (names: string): void => { document.body.className = names }\n`,
  'src/client/timeline/markdown/markdown.ts': `import { shared } from '../../shared.ts'
export const drawn = (): void => shared('text')
`,
  'src/client/app/startChat.ts': `import { shared } from '../shared.ts'
const words: string[] = ${JSON.stringify(Array.from({ length: 60 }, (_, at) => `word number ${at}`))}
export const room = (): void => shared(words.join(' '))
`,
}

/** A project in a temporary folder, with the real packages. */
export async function aProject(files: Record<string, string> = {}) {
  const root = await mkdtemp(join(tmpdir(), 'hubbub-project-'))
  for (const [name, text] of Object.entries({ ...CLIENT, ...files })) await Bun.write(join(root, name), text)
  await symlink(join(HERE, 'node_modules'), join(root, 'node_modules'))
  return {
    root,
    path: (name: string) => join(root, name),
    remove: () => rm(root, { recursive: true, force: true }),
  }
}
