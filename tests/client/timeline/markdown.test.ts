import { describe, expect, test } from 'bun:test'
import { markdownNodes } from '../../../src/client/timeline/markdown/markdown.ts'
import { useDom } from '../../support/client/useDom.ts'

useDom('http://localhost/chat/lobby')

/** `strong(bold) and em(it)`: a tree as one line; a link with where it leads. */
function tree(nodes: Iterable<Node>): string {
  return [...nodes].map(one).join('')
}

function one(node: Node): string {
  if (!(node instanceof Element)) return node.textContent ?? ''
  const leads = node.getAttribute('href')
  const start = node.getAttribute('start')
  return `${node.tagName.toLowerCase()}${leads ? `<${leads}>` : ''}${start ? `<${start}>` : ''}(${tree(node.childNodes)})`
}

const IT_IS: readonly (readonly [text: string, drawn: string])[] = [
  ['plain text', 'plain text'],
  ['two\nlines', 'two\nlines'],
  ['**bold** and __bold__', 'strong(bold) and strong(bold)'],
  ['*it* and _it_', 'em(it) and em(it)'],
  ['***both***', 'em(strong(both))'],
  ['~~gone~~ but ~not~', 's(gone) but ~not~'],
  ['a_b_c and 2 * 3 * 4', 'a_b_c and 2 * 3 * 4'],
  ['`code` and ``a`b``', 'code(code) and code(a`b)'],
  ['**unclosed and `so', '**unclosed and `so'],
  ['\\*no\\*', '*no*'],
  ['```ts\nlet x = 1\n\n<b>\n```\nafter', 'div(pre(code(let x = 1\n\n<b>))button(Copy))p(after)'],
  ['> quoted\n> twice\n\nafter', 'blockquote(quoted\ntwice)p(after)'],
  ['- a\n- b', 'ul(li(a)li(b))'],
  ['- a\n  - b', 'ul(li(p(a)ul(li(b))))'],
  ['3. c\n4. d', 'ol<3>(li(c)li(d))'],
  ['- [ ] to do\n- [x] done', 'ul(li([ ] to do)li([x] done))'],
  ['one\n\ntwo', 'p(one)p(two)'],
  ['# no heading\ntext\n---', '# no heading\ntext\n---'],
  ['no\n===', 'no\n==='],
  ['    no code', '    no code'],
  ['| a |\n|---|\n| 1 |', '| a |\n|---|\n| 1 |'],
  ['<b>*x*</b>', '<b>em(x)</b>'],
  ['&lt;b&gt; &amp;', '&lt;b&gt; &amp;'],
  ['see https://a.b/c_(d)). Yes', 'see a<https://a.b/c_(d)>(https://a.b/c_(d))). Yes'],
  ['readme.md www.a.com a@b.c ftp://a.b //a.b', 'readme.md www.a.com a@b.c ftp://a.b //a.b'],
  ['mailto:ann@a.com', 'a<mailto:ann@a.com>(mailto:ann@a.com)'],
  ['[here](https://a.b/x)', 'a<https://a.b/x>(here)'],
  ['[x](javascript:alert) [y](data:text/html,1)', '[x](javascript:alert) [y](data:text/html,1)'],
  ['[https://bank.com](https://evil.com)', 'a<https://evil.com/>(https://bank.com)span( (evil.com))'],
  ['[bank.com](https://www.bank.com/in)', 'a<https://www.bank.com/in>(bank.com)'],
  ['https://bank.com@evil.com', 'a<https://bank.com@evil.com/>(https://bank.com@evil.com)span( (evil.com))'],
  ['https://pаypal.com', 'a<https://xn--pypal-4ve.com/>(https://xn--pypal-4ve.com)'],
  ['https://аррӏе.com', 'a<https://xn--80ak6aa92e.com/>(https://xn--80ak6aa92e.com)'],
  ['https://münchen.de', 'a<https://xn--mnchen-3ya.de/>(https://münchen.de)'],
  ['![alt](https://a.b/c.png)', '![alt](a<https://a.b/c.png>(https://a.b/c.png))'],
  ['[ref]: https://a.b\n[ref]', '[ref]: a<https://a.b/>(https://a.b)\n[ref]'],
]

const MAY_BE = new Set('P STRONG EM S CODE PRE DIV BUTTON BLOCKQUOTE UL OL LI A SPAN'.split(' '))

describe('what people write', () => {
  test.each(IT_IS)('[U20, U21] %j', (text, drawn) => {
    expect(tree(markdownNodes(text))).toBe(drawn)
  })

  test('[U21] a link opens elsewhere, and tells the other side nothing of us', () => {
    const [link] = markdownNodes('https://a.b')
    if (!(link instanceof HTMLElement)) throw new TypeError('no link')
    expect([link.getAttribute('rel'), link.getAttribute('target')]).toEqual([
      'noopener noreferrer nofollow ugc',
      '_blank',
    ])
  })

  test('[U20, S2] hostile text makes no element, attribute or address outside of the list', () => {
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
    const holder = document.createElement('div')
    const wrong: string[] = []
    for (const text of [...bait, bait.join('\n'), bait.join('\n\n'), bait.join(' ')]) {
      holder.replaceChildren(...markdownNodes(text))
      for (const element of holder.querySelectorAll('*')) {
        if (!MAY_BE.has(element.tagName)) wrong.push(element.tagName)
        for (const { name, value } of element.attributes)
          if (/^on|^style$|^src/i.test(name) || (name === 'href' && !/^(?:https?|mailto):/.test(value)))
            wrong.push(`${name}=${value}`)
      }
    }
    expect(wrong).toEqual([])
  })

  test('[S2] whatever is repeated to the limit is drawn, its letters all there where nothing is marked', () => {
    const pieces = [
      '*',
      '*a ',
      '**a*',
      '[',
      '[](',
      '>',
      '> ',
      '`',
      '_a_',
      '__a',
      '~~a',
      '- a\n',
      '\\',
      '<',
      '> - ',
      '*_',
      '1. ',
      '|-',
    ]
    for (const piece of pieces) {
      const text = piece.repeat(Math.floor(4_000 / piece.length))
      expect(markdownNodes(text).length).toBeGreaterThan(0)
    }
    expect(tree(markdownNodes('>'.repeat(4_000)))).toBe('>'.repeat(4_000))
  })

  test.each(['- a\n  > *\nb', '1. x\n   > *\nx', '- a\n\t>*\nb', '- x\n\t> -\nx', '1. note\n\t>*\nthanks'])(
    '[U120] %j, on which the lexer itself fails, is drawn as typed',
    (text) => {
      expect(tree(markdownNodes(text))).toBe(text)
    },
  )

  test('[U120] what costs too much shows as typed, each letter of it', () => {
    const shown = (text: string) => {
      const place = document.createElement('div')
      place.replaceChildren(...markdownNodes(text))
      return place
    }
    for (const piece of [
      '*a!',
      '**b c!',
      '_中。',
      '- d\n',
      '`e',
      '> f\n\n',
      'http://g.h/i ',
      '[j](http://k.l) ',
      '```\nm\n```\n',
    ]) {
      const text = piece.repeat(Math.floor(4_000 / piece.length))
      const letters = (all: string) => all.replace(/[^\p{L}\p{N}]/gu, '')
      const place = shown(text)
      for (const button of place.querySelectorAll('button')) button.remove()
      expect([piece, letters(place.textContent)]).toEqual([piece, letters(text)])
    }
    expect(shown(`https://a.b ${'*a!'.repeat(1_000)}`).querySelectorAll('a')).toHaveLength(1)
    expect(shown('http://g.h/i '.repeat(300)).querySelectorAll('a')).toHaveLength(60)
  })

  test('[U120] what people write at length keeps its format', () => {
    const place = document.createElement('div')
    const line =
      '- **Name**: `value`, which is _rather_ long so that it takes its time to read; see https://a.b/c\n'
    place.replaceChildren(...markdownNodes(line.repeat(40)))
    expect(['li', 'strong', 'code', 'em', 'a'].map((tag) => place.querySelectorAll(tag).length)).toEqual([
      40, 40, 40, 40, 40,
    ])
    place.replaceChildren(...markdownNodes(`\`\`\`\n${'if (a_b) *c = [d]; // e\n'.repeat(150)}\`\`\``))
    expect(place.querySelectorAll('pre')).toHaveLength(1)
  })

  // prettier-ignore
  test.each([
    'bank。com', 'bank．com', 'bank｡com', 'bank․com', 'bank…com', 'bank·com', 'bankꓸcom', '“bank.com”', '→bank.com', '(bank.com)', 'ban\u200bk.com', 'bank\u200b.com',
    '\u202emoc.knab', '\u202emoc knab', 'evil.test https://bank.com/login', 'https://evil.test@bank.com', '127.0.0.1', '2130706433', '[::1]', 'localhost', 'bank .com', 'bank\\.com',
    'bank**.**com', '`bank.com`', '𝐛𝐚𝐧𝐤.𝐜𝐨𝐦', 'bank.🅲🅾🅼', 'bank⁄login', 'www bank', 'http bank', 'ann@bank', '/login', 'x'.repeat(300),
    ...[0x2d9, 0xb8, 0x2cc, 0x5bc, 0x93c, 0xe3a, 0x325, 0x345, 0x73c, 0x7f3, 0x1d16d, 0x16cc].map(
      (sign) => `bank${String.fromCodePoint(sign)}com`,
    ),
  ])('[U121] %j shows where its link leads', (words) => {
    expect(tree(markdownNodes(`[${words}](https://evil.test/x)`))).toEndWith('span( (evil.test))')
  })

  test.each([
    'here',
    'the docs',
    'Click here!',
    'don’t',
    'R&D',
    'e-mail me',
    'Café crème',
    'naïve résumé',
    'Việt Nam',
    '這裡',
    'evil.test',
    'https://evil.test/x',
    'www.evil.test',
  ])('[U121] %j needs no such note', (words) => {
    expect(tree(markdownNodes(`[${words}](https://evil.test/x)`))).toBe(`a<https://evil.test/x>(${words})`)
  })

  test('[U121] an address that goes on around a link shows where the link leads', () => {
    for (const text of [
      'bank[.com](https://evil.test)',
      'www.bank.[com](https://evil.test)',
      '[bank](https://evil.test).com',
      '**bank.**[com](https://evil.test)',
      '`bank.`[com](https://evil.test)',
      '[bank](https://evil.test)**.com**',
      '[bank](https://evil.test)\\.com',
      '[bank](https://evil.test)\u200b.com',
    ])
      expect(tree(markdownNodes(text))).toContain('span( (evil.test))')
    expect(
      tree(markdownNodes('See [this](https://a.b). Or ([that](https://a.b)), 看。[這裡](https://a.b)吧')),
    ).not.toContain('span')
  })

  test('[U121] what stands before an address does not turn it round', () => {
    const place = document.createElement('div')
    place.replaceChildren(...markdownNodes('\u202e https://evil.test/moc.knab//:sptth [x.y](https://a.b)'))
    expect([...place.querySelectorAll('a, span')].map((one) => one.getAttribute('dir'))).toEqual([
      'ltr',
      'auto',
      'ltr',
    ])
  })

  test('[U122] marks and links around nothing show as typed', () => {
    for (const text of [
      '*\u3164*',
      '~~\u2800~~',
      '**\u115f**',
      '[](https://a.b)',
      '[\u3164](https://a.b)',
      '> ',
      '- ',
    ])
      expect(tree(markdownNodes(text)).replace(/a<[^>]*>\((.*?)\)/, '$1')).toBe(text)
  })
})
