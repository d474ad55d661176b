import { button, h } from '../../ui/dom.ts'
import { words } from '../../words/words.ts'

/** What a code block needs of the chunk of the chat. */
export interface CodeTools {
  copyText(text: string): Promise<void>
  /** Loads what colours code; null once that is hopeless. */
  loadHighlighter(): Promise<{ colour(code: HTMLElement, language: string): void } | null>
}

/** Code with its language and a button that copies it. It is drawn plain first: colours come later and move nothing. */
export function codeBlock(text: string, language: string, tools: CodeTools): HTMLElement {
  const press = async () => {
    const { copied, failed } = words.message.code
    try {
      await tools.copyText(text)
      copyButton.textContent = copied
    } catch {
      copyButton.textContent = failed
    }
  }
  // Not `textButton` of message.ts: a module shared with the chat would become a chunk, and a request, of its own.
  const corner = 'code-copy text-button text-meta'
  const copyButton = button(words.message.code.copy, press, { class: corner, tabindex: -1 })
  const code = h('code', {}, text)
  const label = language !== '' && h('span', { class: 'code-language' }, language)
  if (language !== '')
    void tools.loadHighlighter().then((chunk) => chunk?.colour(code, language.toLowerCase()))
  const lines = h('pre', { class: 'scrolls', tabindex: -1 }, code)
  return h('div', { class: 'code-block', dir: 'ltr' }, label, lines, copyButton)
}
