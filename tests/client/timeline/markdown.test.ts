import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { formatText, loadMarkdown } from '../../../src/client/timeline/formatText.ts'
import { drawText } from '../../../src/client/timeline/markdown/markdown.ts'
import { byAnn } from '../../support/client/aRow.ts'
import { eventually } from '../../support/eventually.ts'
import { useDom } from '../../support/client/useDom.ts'

useDom('http://localhost/chat/lobby')

const writer = {
  ...byAnn,
  copyText: async () => {},
  loadHighlighter: async () => null,
}
const markdownNodes = (text: string) => drawText(text, writer).nodes

/** Nodes in one line, such as `strong(bold) and a<https://a.b/>(link)`. */
function treeOf(nodes: Iterable<Node>): string {
  return Array.from(nodes, (node) => {
    if (!(node instanceof Element)) return node.textContent ?? ''
    const attribute = ['href', 'value', 'scope', 'aria-label']
      .map((name) => node.getAttribute(name))
      .find((value) => value !== null)
    return `${node.tagName.toLowerCase()}${attribute ? `<${attribute}>` : ''}(${treeOf(node.childNodes)})`
  }).join('')
}

const drawn = (text: string) => treeOf(markdownNodes(text))

/** A text drawn in an element of its own. */
function place(text: string): HTMLElement {
  const element = document.createElement('div')
  element.append(...markdownNodes(text))
  return element
}

const toLimit = (piece: string) => piece.repeat(Math.floor(4_000 / piece.length))

const EXAMPLES: readonly (readonly [text: string, drawn: string])[] = [
  ['**bold** and __bold__', 'strong(bold) and strong(bold)'],
  ['*it* and _it_', 'em(it) and em(it)'],
  ['***both***', 'em(strong(both))'],
  ['~~gone~~ but ~not~', 's(gone) but ~not~'],
  ['`code` and ``a`b``', 'code(code) and code(a`b)'],
  ['\\*no\\*', '*no*'],
  ['```ts\nlet x = 1\n\n<b>\n```\nafter', 'div(span(ts)pre(code(let x = 1\n\n<b>))button(Copy))p(after)'],
  ['> quoted\n> twice\n\nafter', 'blockquote(quoted\ntwice)p(after)'],
  ['- a\n- b', 'ul(li(span(a))li(span(b)))'],
  ['- a\n  - b', 'ul(li(p(a)ul(li(span(b)))))'],
  ['3. c\n5. d', 'ol(li<3>(span(c))li<5>(span(d)))'],
  ['- [ ] to do\n- [x] done', 'ul(li(input<To do>()span(to do))li(input<Done>()span(done)))'],
  ['# Title\ntext\n---\nend', 'p(strong(Title))p(text)hr()p(end)'],
  ['| a |\n|---|\n| *1* |', 'div(table(thead(tr(th<col>(a)))tbody(tr(td(em(1))))))'],
  ['/me waves', 'waves'],
  ['\u202ea', 'a'],
  ['write to ann@a.com', 'write to a<mailto:ann@a.com>(ann@a.com)'],
  ['one\n\ntwo', 'p(one)p(two)'],
  ['<b>*x*</b>', '<b>em(x)</b>'],
  ['see https://a.b/c_(d)). Yes', 'see a<https://a.b/c_(d)>(https://a.b/c_(d))). Yes'],
  ['mailto:ann@a.com', 'a<mailto:ann@a.com>(mailto:ann@a.com)'],
  ['[here](https://a.b/x)', 'a<https://a.b/x>(here)span( (a.b))'],
  ['[https://bank.com](https://evil.com)', 'a<https://evil.com/>(https://bank.com)span( (evil.com))'],
  ['[bank.com](https://www.bank.com/in)', 'a<https://www.bank.com/in>(bank.com)'],
  ['https://bank.com@evil.com', 'a<https://bank.com@evil.com/>(https://bank.com@evil.com)span( (evil.com))'],
  ['https://pаypal.com', 'a<https://xn--pypal-4ve.com/>(https://xn--pypal-4ve.com)'],
  ['https://аррӏе.com', 'a<https://xn--80ak6aa92e.com/>(https://xn--80ak6aa92e.com)'],
  ['https://ɡoogle.com', 'a<https://xn--oogle-qmc.com/>(https://xn--oogle-qmc.com)'],
  ['https://ıcloud.com', 'a<https://xn--cloud-m4a.com/>(https://xn--cloud-m4a.com)'],
  ['https://țară.ro', 'a<https://xn--ar-kla13i.ro/>(https://țară.ro)'],
  ['https://năm.vn', 'a<https://xn--nm-jla.vn/>(https://năm.vn)'],
  ['https://münchen.de', 'a<https://xn--mnchen-3ya.de/>(https://münchen.de)'],
  ['![alt](https://a.b/c.png)', 'a<https://a.b/c.png>(alt)span( (a.b))'],
  ['[ref]: https://a.b\n[ref]', '[ref]: a<https://a.b/>(https://a.b)\n[ref]'],
  ['[](https://a.b)', '[](a<https://a.b/>(https://a.b))'],
]

// prettier-ignore
const AS_TYPED = [
  'plain text', 'two\nlines', 'a_b_c and 2 * 3 * 4', '**unclosed and `so', '#no heading', '---',
  'no\n===', '    no code', '| a |', '&lt;b&gt; &amp;',
  'readme.md www.a.com a@b ftp://a.b //a.b', '[x](javascript:alert) [y](data:text/html,1)',
  '>'.repeat(4_000), '*'.repeat(4_000),
  // marks around nothing
  '*\u3164*', '~~\u2800~~', '**\u115f**', '> ', '- ',
]

const ALLOWED = new Set(
  'P STRONG EM S CODE PRE DIV BUTTON BLOCKQUOTE UL OL LI A SPAN HR INPUT TABLE THEAD TBODY TR TH TD'.split(
    ' ',
  ),
)

describe('Markdown', () => {
  test.each(EXAMPLES)('[U20, U21, U165] draws %j as %j', (text, nodes) => {
    expect(drawn(text)).toBe(nodes)
  })

  test.each(AS_TYPED)('[U20, U21, U120, U122] draws %j as typed', (text) => {
    expect(drawn(text)).toBe(text)
  })

  test('[U21] opens a link in a new tab and tells the other site nothing', () => {
    const link = place('https://a.b').querySelector('a')
    expect([link?.rel, link?.target]).toEqual(['noopener noreferrer nofollow ugc', '_blank'])
  })

  test('[U21] a link to this site stays in the page', () => {
    const link = place('http://localhost/chat/lobby/5').querySelector('a')
    expect([link?.rel, link?.target]).toEqual(['', ''])
  })

  test('[U161] a text that is not looked at shows what Markdown would show', async () => {
    await loadMarkdown()
    const piece = fc.constantFrom(
      ...' \n\t-+*_#>|[](){}.:@/\\1a中é,'.split(''),
      'me ',
      '://',
      '1. ',
      '---',
      'x@y.zz',
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const text = pieces.join('')
        const { nodes, plain } = formatText(text, byAnn)
        return (
          treeOf(nodes).trim() === drawn(text).trim() && plain.trim() === drawText(text, writer).plain.trim()
        )
      }),
      { numRuns: 5_000 },
    )
  })

  test('[U160, U164] code names its language, is copied as it was typed, and gets its colours later', async () => {
    const copied: string[] = []
    const copyText = async (text: string) => void copied.push(text)
    const loadHighlighter = () => import('../../../src/client/timeline/markdown/highlight.ts')
    const long = 'let x; '.repeat(400) + '\n'
    const typed = `\`\`\`js\nlet x = "*a*"\n\`\`\`\n\n\`\`\`klingon\nlet x\n\`\`\`\n\n\`\`\`js\n${long}\`\`\``
    document.body.replaceChildren(...drawText(typed, { ...writer, copyText, loadHighlighter }).nodes)
    const [first, second, third] = document.querySelectorAll('.code-block')
    expect(first?.querySelector('.code-language')?.textContent).toBe('js')
    first?.querySelector('button')?.click()
    await eventually('copied', () => first?.querySelector('button')?.textContent === 'Copied')
    expect(copied).toEqual(['let x = "*a*"'])
    await eventually('colours', () => first?.querySelector('.code-keyword')?.textContent === 'let')
    expect(first?.querySelector('pre')?.textContent).toBe('let x = "*a*"')
    for (const plain of [second, third]) expect(plain?.querySelector('pre span')).toBe(null)
  })

  test('[U20, S2] makes no element, attribute or address of hostile text that is not on the list', () => {
    const bait = [
      '<img src=x onerror=alert(1)>',
      '<script>alert(1)</script>',
      '<svg/onload=alert(1)>',
      '<a href="javascript:alert(1)">x</a>',
      '[x](javascript&colon;alert(1))',
      '[x](\u0001javascript:alert(1))',
      '[x](java\nscript:alert(1))',
      '[x](JaVaScRiPt:alert(1))',
      '[x](vbscript:x) [x](file:///etc/passwd) [x](blob:https://a.b/1)',
      '[x](https://a.b" onmouseover="alert(1))',
      '[x](//evil.com) [x](/\\evil.com) [x](/api/session)',
      '![x](javascript:alert(1))',
      '<javascript:alert(1)>',
      '```"><script>alert(1)</script>\nx\n```',
      '`</code><script>alert(1)</script>`',
      '> <iframe srcdoc="<script>alert(1)</script>">',
      '- <style>*{display:none}</style>',
      '<!-- --><math><mi//xlink:href="data:x,<script>alert(1)</script>">',
      '&#106;avascript:alert(1) [x](&#106;avascript:alert(1))',
      '[**<b>**](https://a.b/<script>)',
      '__proto__ constructor [constructor] [__proto__]',
    ]
    const wrong: string[] = []
    for (const text of [...bait, bait.join('\n'), bait.join('\n\n'), bait.join(' ')]) {
      for (const element of place(text).querySelectorAll('*')) {
        if (!ALLOWED.has(element.tagName)) wrong.push(element.tagName)
        for (const { name, value } of element.attributes)
          if (/^on|^style$|^src/i.test(name) || (name === 'href' && !/^(?:https?|mailto):/.test(value)))
            wrong.push(`${name}=${value}`)
      }
    }
    expect(wrong).toEqual([])
  })

  // prettier-ignore
  test.each(['*', '*a ', '**a*', '[', '[](', '>', '> ', '`', '_a_', '__a', '~~a', '- a\n', '\\', '<', '> - ', '*_', '1. ', '|-'])(
    '[S2] draws %j repeated up to the limit of a message',
    (piece) => {
      expect(markdownNodes(toLimit(piece)).length).toBeGreaterThan(0)
    },
  )

  // prettier-ignore
  test.each(['*a!', '**b c!', '_中。', '- d\n', '`e', '> f\n\n', 'http://g.h/i ', '```\nm\n```\n'])(
    '[U120] keeps each letter of %j, repeated until it costs too much',
    (piece) => {
      const letters = (text: string) => text.replace(/[^\p{L}\p{N}]/gu, '')
      const element = place(toLimit(piece))
      for (const added of element.querySelectorAll('button, span')) added.remove()
      expect(letters(element.textContent)).toBe(letters(toLimit(piece)))
    },
  )

  test('[U120] keeps links where it gives up the marks, 60 at most', () => {
    expect(place(`https://a.b ${'*a!'.repeat(1_000)}`).querySelectorAll('a')).toHaveLength(1)
    expect(place('http://g.h/i '.repeat(300)).querySelectorAll('a')).toHaveLength(60)
  })

  test('[U120] shows the rows of tables as typed after 1,000 cells', () => {
    const table = (columns: number, rows: number) => {
      const row = (cell: string) => `${`|${cell}`.repeat(columns)}|\n`
      return place(row('a') + row('-') + row('7').repeat(rows))
    }
    expect(table(400, 1).querySelectorAll('th, td')).toHaveLength(800)
    const long = table(10, 150)
    expect(long.querySelectorAll('th, td')).toHaveLength(1_000)
    expect(long.textContent.match(/7/g)).toHaveLength(1_500)
    expect(table(1_001, 0).querySelector('table')).toBeNull()
  })

  test('[U120] formats long lists and long code', () => {
    const line = '- **Name**: `value`, which is _rather_ long, to take some time; see https://a.b/c\n'
    const long = place(line.repeat(40))
    const counts = ['li', 'strong', 'code', 'em', 'a'].map((tag) => long.querySelectorAll(tag).length)
    expect(counts).toEqual([40, 40, 40, 40, 40])
    const code = `\`\`\`\n${'if (a_b) *c = [d]; // e\n'.repeat(150)}\`\`\``
    expect(place(code).querySelectorAll('pre')).toHaveLength(1)
  })

  // prettier-ignore
  test.each([
    'here', 'bank.com', 'bank。com', 'bank․com', 'bankꓸcom', 'ban\u200bk.com', 'bаnk.com', '\u202emoc.knab', 'evil.test https://bank.com/login',
    'https://evil.test@bank.com', 'https://evil.test.bank.com', 'evil.test:8443', '127.0.0.1', '[::1]', 'bank**.**com', '/login', 'x'.repeat(300),
  ])('[U121] shows behind the words %j where their link leads', (label) => {
    expect(drawn(`[${label}](https://evil.test/x)`)).toEndWith('span( (evil.test))')
  })

  test.each(['evil.test', 'https://evil.test/x', 'www.evil.test', 'Evil.test/y?z'])(
    '[U121] shows no host behind the words %j, which name it',
    (label) => {
      expect(drawn(`[${label}](https://evil.test/x)`)).toBe(`a<https://evil.test/x>(${label})`)
    },
  )

  test('[U121] shows the host where the text around the link could change it', () => {
    const link = '[evil.test](https://evil.test)'
    for (const text of [`${link}.com`, `www.bank.${link}`, `**bank.**${link}`])
      expect(drawn(text)).toContain('span( (evil.test))')
  })

  test('[U121] isolates the direction of a link from the text before it', () => {
    const element = place('\u202e https://evil.test/moc.knab//:sptth [x.y](https://a.b)')
    const directions = Array.from(element.querySelectorAll('a, span'), (part) => part.getAttribute('dir'))
    expect(directions).toEqual(['ltr', 'auto', 'ltr'])
  })
})
