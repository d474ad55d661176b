import { en, type Words } from './en.ts'

/** The words of the page. There is one language today. */
export const words: Words = en
