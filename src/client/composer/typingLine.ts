import { h, type View } from '../ui/dom.ts'

/** Who is typing. Its line is always there, 24 px high, so nothing moves when somebody begins (U40). */
export function typingLine(): View<string> {
  const element = h('div', { dir: 'auto' })
  return {
    element,
    update: (text) => {
      element.textContent = text
    },
  }
}
