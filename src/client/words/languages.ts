/** A new language is one file like `de.ts` and one line here. A line in `ui/emoji/emoji.ts` adds the names of emoji. */
import { retryable } from '../ui/retryImport.ts'
import type { Words } from './en.ts'

/** Every language but English, by its code: its own name for itself, and how its words are loaded. */
export const LANGUAGES: Readonly<Record<string, readonly [name: string, () => Promise<{ words: Words }>]>> = {
  de: ['Deutsch', retryable(() => import('./de.ts'))],
}
