import { en, type Words } from './en.ts'
import { LANGUAGES } from './languages.ts'

/** The words of the page. Read them when you draw, not when a module loads: the language is chosen later. */
export let words: Words = en
/** Called by a chunk with the English texts that it brings. */
export const addEnglish = (texts: Partial<Words>) => void Object.assign(en, texts)
/** How dates, times and lists are written: the reader's own variant of the language, such as `de-AT`. */
export let locale = en.locale

/** Languages to choose from: code → its own name for itself. */
export const languageNames = (): Record<string, string> => ({
  en: 'English',
  ...Object.fromEntries(Object.entries(LANGUAGES).map(([code, [name]]) => [code, name])),
})

const codeOf = (tag: string) => tag.toLowerCase().split('-')[0] ?? ''
/** Some systems name locales that `Intl` refuses, such as `en-US@posix`. */
const isTag = (tag: string) => /^[a-z]{2,3}(?:-[a-z0-9]{2,8})*$/i.test(tag)

let turn = 0

/**
 * Changes the words of the page to the first language of `wanted` that there is, else English. A later call wins.
 * @param wanted language tags, the preferred one first
 * @throws if its words do not load; then nothing has changed
 */
export async function useLanguage(wanted: readonly string[]): Promise<void> {
  const mine = (turn += 1)
  const names = languageNames()
  const code = wanted.map(codeOf).find((wish) => Object.hasOwn(names, wish)) ?? 'en'
  const catalogue = (await LANGUAGES[code]?.[1]())?.words ?? en
  if (mine !== turn) return
  words = catalogue
  locale = wanted.find((tag) => isTag(tag) && codeOf(tag) === code && tag.includes('-')) ?? words.locale
}
