/** Colours code in 13 languages. A chunk of its own, loaded with the first code that names its language. */
import bash from 'highlight.js/lib/languages/bash'
import cpp from 'highlight.js/lib/languages/cpp'
import css from 'highlight.js/lib/languages/css'
import diff from 'highlight.js/lib/languages/diff'
import go from 'highlight.js/lib/languages/go'
import java from 'highlight.js/lib/languages/java'
import javascript from 'highlight.js/lib/languages/javascript'
import json from 'highlight.js/lib/languages/json'
import python from 'highlight.js/lib/languages/python'
import rust from 'highlight.js/lib/languages/rust'
import sql from 'highlight.js/lib/languages/sql'
import typescript from 'highlight.js/lib/languages/typescript'
import xml from 'highlight.js/lib/languages/xml'
import { createLowlight } from 'lowlight'

const LANGUAGES = { bash, cpp, css, diff, go, java, javascript, json, python, rust, sql, typescript, xml }
const lowlight = createLowlight(LANGUAGES)
lowlight.registerAlias({ cpp: ['c', 'h'], bash: ['shell', 'console'], json: ['jsonc'] })

/** The colour of each kind of token; other kinds keep the colour of the text. */
const COLOURS: Partial<Record<string, string>> = {
  'hljs-comment': 'code-comment',
  'hljs-quote': 'code-comment',
  'hljs-keyword': 'code-keyword',
  'hljs-selector-tag': 'code-keyword',
  'hljs-tag': 'code-keyword',
  'hljs-name': 'code-keyword',
  'hljs-section': 'code-keyword',
  'hljs-string': 'code-string',
  'hljs-regexp': 'code-string',
  'hljs-addition': 'code-string',
  'hljs-number': 'code-number',
  'hljs-literal': 'code-number',
  'hljs-symbol': 'code-number',
  'hljs-deletion': 'code-number',
  'hljs-title': 'code-name',
  'hljs-attr': 'code-name',
  'hljs-attribute': 'code-name',
  'hljs-type': 'code-name',
  'hljs-built_in': 'code-name',
  'hljs-meta': 'code-name',
}

type Nodes = ReturnType<typeof lowlight.highlight>['children']

function drawn(nodes: Nodes): (Node | string)[] {
  return nodes.flatMap((node) => {
    if (node.type === 'text') return [node.value]
    if (node.type !== 'element') return []
    const kinds = Array.isArray(node.properties['className']) ? node.properties['className'] : []
    const colour = kinds.map((kind) => COLOURS[kind]).find((found) => found !== undefined)
    const children = drawn(node.children)
    if (colour === undefined) return children
    const span = document.createElement('span')
    span.className = colour
    span.append(...children)
    return [span]
  })
}

/** Longer code stays plain: what some grammars take grows with its square, 35 ms at this length (W10). */
const MAX_LENGTH = 2_000

/** Colours the text of an element in a task of its own; a language that is not known leaves it as it is. */
export function colour(code: HTMLElement, language: string): void {
  if (!lowlight.registered(language) || code.textContent.length > MAX_LENGTH) return
  setTimeout(() => {
    // The message may be gone by now.
    if (code.isConnected)
      code.replaceChildren(...drawn(lowlight.highlight(language, code.textContent).children))
  })
}
