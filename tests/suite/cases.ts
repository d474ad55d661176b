/** What Bun says of a run of tests, in JUnit's XML. */

/** One test of one run. */
export interface Case {
  file: string
  /** its title alone */
  name: string
  /** with those of what it stands in, the outermost first: what `bun test -t` looks at */
  path: string
  result: 'passed' | 'failed' | 'skipped'
}

const ELEMENT = /<testcase\b((?:[^>"]|"[^"]*")*?)(?:\/>|>([\s\S]*?)<\/testcase>)/g

export function casesOf(xml: string): Case[] {
  return Array.from(xml.matchAll(ELEMENT), ([, head = '', body = '']) => {
    const name = attribute(head, 'name')
    // Bun names the innermost first.
    const around = attribute(head, 'classname').split(' > ').reverse()
    return {
      file: attribute(head, 'file'),
      name,
      path: [...around, name].filter((part) => part !== '').join(' '),
      result: /<(failure|error)\b/.test(body) ? 'failed' : /<skipped\b/.test(body) ? 'skipped' : 'passed',
    }
  })
}

/** Bun's own name for what fails outside of a test: in a hook, or because its process has ended. */
export function isOutside({ name }: Case): boolean {
  return /^\(.*\)$/.test(name)
}

function attribute(head: string, name: string): string {
  const text = new RegExp(` ${name}="([^"]*)"`).exec(` ${head}`)?.[1] ?? '?'
  const named: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }
  return text.replace(/&(?:#(\d+)|(amp|lt|gt|quot|apos));/g, (_, code?: string, entity = '') =>
    code === undefined ? (named[entity] ?? '') : String.fromCodePoint(Number(code)),
  )
}
