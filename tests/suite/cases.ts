/** One test of one run of `bun test`. */
export interface Case {
  file: string
  /** its own title */
  name: string
  /** its title after those of its groups, the outermost first: `bun test -t` matches this text */
  path: string
  result: 'passed' | 'failed' | 'skipped'
}

const ELEMENT = /<testcase\b((?:[^>"]|"[^"]*")*?)(?:\/>|>([\s\S]*?)<\/testcase>)/g

/** Reads Bun's JUnit report. */
export function casesOf(xml: string): Case[] {
  return Array.from(xml.matchAll(ELEMENT), ([, head = '', body = '']) => {
    const name = attribute(head, 'name')
    // Bun names the innermost group first.
    const groups = attribute(head, 'classname').split(' > ').reverse()
    return {
      file: attribute(head, 'file'),
      name,
      path: [...groups, name].filter((part) => part !== '').join(' '),
      result: /<(failure|error)\b/.test(body) ? 'failed' : /<skipped\b/.test(body) ? 'skipped' : 'passed',
    }
  })
}

/** Did this fail outside a test, in a hook or because its process ended? Bun puts such names in parentheses. */
export function isOutsideTest({ name }: Case): boolean {
  return /^\(.*\)$/.test(name)
}

const ENTITIES: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

function attribute(head: string, name: string): string {
  const text = new RegExp(` ${name}="([^"]*)"`).exec(` ${head}`)?.[1] ?? '?'
  return text.replace(/&(?:#(\d+)|(amp|lt|gt|quot|apos));/g, (_, code?: string, entity = '') =>
    code === undefined ? (ENTITIES[entity] ?? '') : String.fromCodePoint(Number(code)),
  )
}
