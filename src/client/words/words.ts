import { en, type Words } from './en.ts'

/** The words of the page, in the language of the reader. There is one language today. */
export const words: Words = en
