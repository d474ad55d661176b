import { deadEndPage } from '../ui/centeredPage.ts'
import { words } from '../words/words.ts'

/** An address that is no page here. */
export function notFoundPage(): HTMLElement {
  return deadEndPage(words.pages.notFound.title, words.pages.notFound.text, {
    href: '/',
    label: words.pages.toStart,
  }).element
}
