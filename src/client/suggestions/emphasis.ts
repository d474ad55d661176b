/** `**` is bold, `_` is italic. */
export type Mark = '**' | '_'

/** Replaces the text from `from` to `to` by `insert`, of which the part from `start` to `end` is then selected. */
interface EmphasisEdit {
  from: number
  to: number
  insert: string
  start: number
  end: number
}

/** Sets a mark around the selection, or around the caret, or removes it (U236). */
export function toggleEmphasis(text: string, from: number, to: number, mark: Mark): EmphasisEdit {
  // At the end of a marked word the caret steps out of it.
  if (from === to && text.startsWith(mark, from) && /[^\s*_]$/.test(text.slice(0, from)))
    return { from, to, insert: '', start: mark.length, end: mark.length }
  // Blanks at the edges stay outside: `** a **` is not bold.
  const chosen = text.slice(from, to)
  const first = from + chosen.length - chosen.trimStart().length
  const last = Math.max(first, from + chosen.trimEnd().length)
  // Marks count on both sides of the selection's edges.
  const [before = ''] = /[*_]*$/.exec(text.slice(0, first)) ?? []
  const [behind = ''] = /^[*_]*/.exec(text.slice(last)) ?? []
  const [, inner = '', core = '', outer = ''] = /^([*_]*)([^]*?)([*_]*)$/.exec(text.slice(first, last)) ?? []
  const marks = before + inner
  if (marks !== mirrored(outer + behind)) return editOf(first, last, mark, text.slice(first, last))
  const lead = marks.includes(mark) ? marks.replace(mark, '') : marks + mark
  return editOf(first - before.length, last + behind.length, lead, core)
}

function editOf(from: number, to: number, lead: string, core: string): EmphasisEdit {
  const start = lead.length
  return { from, to, insert: lead + core + mirrored(lead), start, end: start + core.length }
}

const mirrored = (marks: string) => [...marks].reverse().join('')
