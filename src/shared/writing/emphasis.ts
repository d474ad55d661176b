/** Finds which runs of `*`, `_` and `~` belong together, and makes a tree of the tokens of prose. */
import { firstWord, isWithinWord, lastWord, mayBegin, mayEnd } from './letters.ts'
import type { Inline } from './tree.ts'

/** A run of one mark. `raw` may hold backslashes; `line`: where its line begins. */
interface Run {
  mark: string
  raw: string
  from: number
  to: number
  line: number
}

export type Token = { node: Inline } | Run

type Emphasis = Extract<Inline, { children: Inline[] }>['type'] & ('strong' | 'em' | 'strike')

/** Emphasis within more emphasis than this is shown as typed. */
const MAX_DEPTH = 8

/** A run that may begin or end emphasis. */
interface Delimiter extends Run {
  isEscaped: boolean
  /** how many of its marks have no pair yet */
  left: number
  /** where the first letter behind it begins, if it may begin emphasis */
  first: number | null
  /** where the last letter before it ends, if no more than punctuation is between */
  last: number | null
  mayEnd: boolean
  isWithinWord: boolean
  opens: Emphasis[]
  closes: Emphasis[]
  /** how deep the emphasis goes that is open here */
  depth: number
  /** shown without its backslashes */
  isLiteral: boolean
}

const isRun = (token: Token | undefined): token is Run => token !== undefined && 'mark' in token
const isAtom = (token: Token | undefined) =>
  token !== undefined && !isRun(token) && token.node.type !== 'text'

/** A run of three is two and one, but a run of two is never two of one. */
const PARTNERS: Partial<Record<number, readonly number[]>> = { 1: [1, 3], 2: [2, 3], 3: [3, 2, 1] }

/** The runs that are open, by mark and size. Closing one drops those within it, so each is looked at a few times only. */
class OpenRuns {
  readonly #all: Delimiter[] = []
  readonly #places = new Map<string, number[]>()

  push(run: Delimiter): void {
    const key = run.mark + run.left
    const places = this.#places.get(key) ?? []
    this.#places.set(key, places)
    places.push(this.#all.length)
    this.#all.push(run)
  }

  /** The innermost open run that `close` may end. A single mark ends in its line: single marks are common in texts. */
  partnerOf(close: Delimiter): Delimiter | null {
    let found = -1
    for (const size of PARTNERS[close.left] ?? []) {
      const place = this.#places.get(close.mark + size)?.at(-1) ?? -1
      const isSingle = size === 1 || close.left === 1
      if (place > found && !(isSingle && this.#all[place]?.line !== close.line)) found = place
    }
    return this.#all[found] ?? null
  }

  /** Drops a run and those within it. */
  drop(run: Delimiter): void {
    for (let last = this.#all.pop(); last !== undefined; last = this.#all.pop()) {
      this.#places.get(last.mark + (last === run ? run.left : last.left))?.pop()
      this.noteDepth(last.depth)
      if (last === run) break
    }
  }

  /** Tells the innermost open run how deep the emphasis within it goes. */
  noteDepth(depth: number): void {
    const last = this.#all.at(-1)
    if (last !== undefined) last.depth = Math.max(last.depth, depth)
  }
}

function delimiterOf(text: string, tokens: readonly Token[], index: number): Delimiter | null {
  const run = tokens[index]
  if (!isRun(run)) return null
  const { mark, raw, from, to } = run
  const size = raw.length - (raw.split('\\').length - 1)
  if (mark === '~' ? size !== 2 : size > 3) return null
  const isDouble = size > 1 && mark !== '_'
  const afterMark = isAtom(tokens[index + 1]) ? to : firstWord(text, to, isDouble)
  const beforeMark = isAtom(tokens[index - 1]) ? from : lastWord(text, from, isDouble)
  return {
    ...run,
    isEscaped: raw.length > size,
    left: size,
    first: mayBegin(text, from, to, isDouble) ? afterMark : null,
    last: beforeMark,
    mayEnd: mayEnd(text, from, to, isDouble),
    isWithinWord: isWithinWord(text, to),
    opens: [],
    closes: [],
    depth: 0,
    isLiteral: false,
  }
}

/** Pairs the runs: each closing run with the innermost open run that fits. */
function pair(runs: readonly Delimiter[]): void {
  const open = new OpenRuns()
  for (const run of runs) {
    while (run.last !== null && run.left > 0) {
      const opener = open.partnerOf(run)
      if (opener === null || (opener.first ?? Infinity) >= run.from || run.last <= opener.to) break
      // Runs that are dropped hand their depth on, so the runs within `opener` count.
      if (!run.mayEnd) {
        // `_a_/_b_`: what seems to end here goes on, so nothing tells what was meant.
        if (!run.isWithinWord) open.drop(opener)
        break
      }
      const count = Math.min(opener.left, run.left) >= 2 ? 2 : 1
      const { depth } = opener
      open.drop(opener)
      if (opener.isEscaped || run.isEscaped) {
        opener.isLiteral = run.isLiteral = true
        opener.left = run.left = 0
      } else if (depth >= MAX_DEPTH) break
      else {
        const kind = run.mark === '~' ? 'strike' : count === 2 ? 'strong' : 'em'
        opener.opens.unshift(kind)
        run.closes.push(kind)
        opener.left -= count
        run.left -= count
        opener.depth = depth + 1
        open.noteDepth(depth + 1)
        if (opener.left > 0) open.push(opener)
      }
    }
    if (run.first !== null && run.closes.length === 0 && !run.isLiteral) open.push(run)
  }
}

/** Adds text, joined with the text before it. */
function addText(nodes: Inline[], text: string): void {
  const last = nodes.at(-1)
  if (text === '') return
  if (last?.type === 'text') last.text += text
  else nodes.push({ type: 'text', text })
}

/** What is shown of a run: the marks without a pair. */
function shownOf(run: Delimiter): string {
  if (run.isLiteral) return run.raw.replaceAll('\\', '')
  return run.opens.length + run.closes.length === 0 ? run.raw : run.mark.repeat(run.left)
}

/** The tree of a prose's tokens. */
export function joinRuns(text: string, tokens: readonly Token[]): Inline[] {
  const delimiters = tokens.map((_, index) => delimiterOf(text, tokens, index))
  pair(delimiters.filter((run) => run !== null))
  const root: Inline[] = []
  const stack = [root]
  for (const [index, token] of tokens.entries()) {
    const nodes = stack.at(-1) ?? root
    if (!isRun(token)) {
      if (token.node.type === 'text') addText(nodes, token.node.text)
      else nodes.push(token.node)
      continue
    }
    const run = delimiters[index]
    for (const _ of run?.closes ?? []) stack.pop()
    addText(stack.at(-1) ?? root, run ? shownOf(run) : token.raw)
    for (const type of run?.opens ?? []) {
      const children: Inline[] = []
      stack.at(-1)?.push({ type, children })
      stack.push(children)
    }
  }
  return root
}
