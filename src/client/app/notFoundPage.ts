import { deadEndPage } from '../ui/centeredPage.ts'

/** An address that is no page here. */
export function notFoundPage(): HTMLElement {
  return deadEndPage('There is nothing here', 'The address may be mistyped, or the page is gone.', {
    href: '/',
    words: words.pages.toStart,
  }).element
}
