import { wayOut } from '../ui/centeredPage.ts'
import { words } from '../words/words.ts'

/** An address that is no page here. */
export function notFoundView(): HTMLElement {
  return wayOut(words.pages.notFound.title, words.pages.notFound.text, {
    href: '/',
    words: words.pages.toStart,
  }).element
}
