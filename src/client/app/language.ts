/** The language of the page: the one chosen on this device, else what the browser prefers. */
import { readItem, writeItem, type WebStorage } from '../net/webStorage.ts'
import { useLanguage, words, locale } from '../words/words.ts'

export interface LanguageChoice {
  /** a language's code; 'system': as the browser prefers */
  chosen(): string
  /** Stores the choice and changes the words, in other tabs too; the caller draws again. False: the words did not load. */
  choose(language: string): Promise<boolean>
}

/**
 * @param redraw another tab has chosen a language: its words are here, draw with them
 * @returns `ready`: resolves once the words for the first drawing are here, English if others do not load
 */
export function keepLanguage(
  device: WebStorage | null,
  redraw: () => void,
  signal: AbortSignal,
): LanguageChoice & { ready: Promise<unknown> } {
  let chosen = readItem(device, 'language') ?? 'system'

  async function apply(): Promise<boolean> {
    try {
      await useLanguage([chosen, ...navigator.languages])
    } catch (error) {
      console.error('the words could not be loaded', error)
      return false
    }
    document.documentElement.lang = locale
    document.documentElement.dir = words.dir
    return true
  }

  window.addEventListener(
    'storage',
    ({ key, newValue }) => {
      if (key !== 'language') return
      chosen = newValue ?? 'system'
      void apply().then((isApplied) => isApplied && redraw())
    },
    { signal },
  )

  return {
    ready: apply(),
    chosen: () => chosen,
    async choose(language) {
      const before = chosen
      chosen = language
      const isApplied = await apply()
      if (isApplied) writeItem(device, 'language', language === 'system' ? null : language)
      else chosen = before
      return isApplied
    },
  }
}
