import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { plainTextOf } from '../../../src/shared/writing/plainText.ts'
import { parseText, proseRanges } from '../../../src/shared/writing/writing.ts'
import { compact, CORPUS, SECTIONS } from './corpus.ts'

const shown = (text: string) => plainTextOf(parseText(text), 'Ann')

describe('what people write', () => {
  test('[U161] the corpus has 300 lines in 15 scripts', () => {
    expect(CORPUS.length).toBeGreaterThanOrEqual(300)
    expect(SECTIONS.length).toBeGreaterThanOrEqual(15 + 10)
  })

  test.each(CORPUS.map(({ typed, visible, tree }) => [typed, visible, tree] as const))(
    '[U20, U161] %j shows %j',
    (typed, visible, tree) => {
      expect([shown(typed), compact(parseText(typed))]).toEqual([visible, tree])
    },
  )

  // Marks, beginnings of blocks and addresses, and what may stand between them.
  // prettier-ignore
  const PIECES = ['*', '**', '***', '_', '__', '~~', '~', '`', '``', '```', '[', '](', ')', '(', ']', '![', '<', '>', '\\', '!', 'a', 'b ', 'x9', '中', 'ก', '。', ' ', '\t', '\n', '\n\n', '- ', '\n- ', '  - ', '- [ ] ', '1. ', '\n2. ', '12345. ', '> ', '\n> ', '>', '# ', '\n# ', '---', '\n---\n', '|', '\n|-|-|\n', ' | ', '\\|', 'http://', 'https://a.b', 'https://a.b/c_d*e', 'mailto:', '@', '//', 'x@y.zz', '"', ':', '-', '.', ',', '\n```\n', '```js\n', '/me ', '//me ', '\u200b', '\u202e', '\u0301', '🎉', '\ufe0f\u20e3', 'é', 'ß', 'क्ष', '٣']
  const text = fc.array(fc.constantFrom(...PIECES), { maxLength: 60 }).map((pieces) => pieces.join(''))

  /** Is each character of `part` in `whole`, in order? */
  function isWithin(part: string, whole: string): boolean {
    let at = 0
    for (const letter of part) {
      at = whole.indexOf(letter, at) + letter.length
      if (at < letter.length) return false
    }
    return true
  }

  /** Without what may vanish: addresses of written links, languages, and the two words that are marks themselves. */
  const kept = (typed: string) =>
    typed
      .replace(/\]\((?:https?:\/\/|mailto:)[^\s]*/gi, '')
      .replace(/(?:```+|~~~+)[ \t]*[\w#+.-]*/g, '')
      .replace(/^\/(?:me |(?=\/+me ))/i, '')

  test('[U162] each letter and digit is shown, in order, and so is each character that is no mark', () => {
    fc.assert(
      fc.property(text, (typed) => {
        const visible = shown(typed)
        const letters = kept(typed).replace(/[^\p{L}\p{N}\p{M}\p{Extended_Pictographic}]/gu, '')
        const characters = kept(typed).replace(/[\s*_~`[\]()\\<>#|:.!\-\u202e]/gu, '')
        return isWithin(letters, visible) && isWithin(characters, visible)
      }),
      { numRuns: 5_000 },
    )
  })

  test('[U162] the shown text is not longer than what was typed, but for names and hosts', () => {
    const added = (typed: string) => 10 + (typed.match(/\]\(/g)?.length ?? 0) * 40
    fc.assert(
      fc.property(text, (typed) => shown(typed).length <= typed.length + added(typed)),
      { numRuns: 1_000 },
    )
  })

  test('[U167] mentions may stand outside code and addresses, and ranges are in order', () => {
    const prose = (typed: string) => proseRanges(typed).map(({ at, length }) => typed.slice(at, at + length))
    expect(prose('hi @Ann `@Ann` https://a.example/@ann, @Bo')).toEqual(['hi @Ann ', ' ', ', @Bo'])
    expect(prose('> @Ann\n> *@Bo_x*\n- @C\n\n```\n@D\n```')).toEqual(['@Ann\n', '*@Bo_x*', '@C'])
    expect(prose('[@Ann](https://a.example) | @Bo')).toEqual([' | @Bo'])
    expect(prose('/me hugs @Ann')).toEqual(['hugs @Ann'])
    expect(prose('| @a | @b |\n|---|---|\n| x | @c |')).toEqual(['@a', '@b', 'x', '@c'])
    expect(prose('mail ann@a.example')).toEqual(['mail '])
    fc.assert(
      fc.property(text, (typed) => {
        let end = 0
        return proseRanges(typed).every(({ at, length }) => {
          const isInOrder = at >= end && length > 0 && at + length <= typed.length
          end = at + length
          return isInOrder
        })
      }),
    )
  })

  test('[U167] a mention is one whole: marks in it do not count, and marks around it do', () => {
    const tree = (typed: string, ...names: string[]) => {
      const mentions = names.map((name) => ({
        user: name,
        at: typed.indexOf(`@${name}`),
        length: name.length + 1,
      }))
      return compact(parseText(typed, mentions))
    }
    expect(tree('hi @ann_b_c!', 'ann_b_c')).toBe('hi m(@ann_b_c|ann_b_c)!')
    expect(tree('**@Ann Lee** _@*_', 'Ann Lee', '*')).toBe('b(m(@Ann Lee|Ann Lee)) i(m(@*|*))')
    expect(tree('> a\n> - @Ann', 'Ann')).toBe('q(p(a) ul(p(m(@Ann|Ann))))')
    expect(tree('`@Ann` https://a.example/@Bo', 'Ann', 'Bo')).toBe('c(@Ann) a(https://a.example/@Bo)')
    expect(tree('/me hugs @Ann', 'Ann')).toBe('me(hugs m(@Ann|Ann))')
  })

  test('[U166] the words of blocks, items, rows and cells do not run together', () => {
    expect(shown('- Faster start\n- Nicer icons\n  - nested\n\n> quote\n\nend')).toBe(
      'Faster start\nNicer icons\nnested\nquote\nend',
    )
    expect(shown('|a|b|\n|-|-|\n|1|2|')).toBe('a b\n1 2')
  })
})
