/** What makes two names look alike (I3), and which names nobody may have (I4). */

/** Reserved as a whole name and as any word of a name. */
// prettier-ignore
const RESERVED_WORDS = ['admin', 'administrator', 'moderator', 'system', 'staff', 'support', 'official', 'hubbub']
/** Reserved as a whole name only. */
// prettier-ignore
const RESERVED_NAMES = ['mod', 'bot', 'owner', 'root', 'host', 'server', 'all', 'everyone', 'here', 'channel', 'room', 'guest', 'deleted', 'you']

/** Zero-width characters and accents: invisible, or nearly so. */
const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\u0300-\u036f]/gu
/** White space and punctuation, but not @ and !, which stand for letters. */
const SEPARATORS = /(?![@!])[\s\p{P}]+/gu
/** Signs read as letters. i and l count as one letter, in names and in the reserved words alike. */
// prettier-ignore
const LETTER_OF_SIGN: Record<string, string> = { '0': 'o', '1': 'l', '!': 'l', '|': 'l', i: 'l', '3': 'e', '4': 'a', '@': 'a', '5': 's', $: 's', '7': 't' }

/** a to z. The table of `unhomoglyph` knows only some of them. */
const SMALL_CAPITALS = [...'ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘꞯʀꜱᴛᴜᴠᴡxʏᴢ']
/**
 * The table of `unhomoglyph`, not its function, which is one pattern of 6,311 characters: 8 MB and 100 ms at its first call.
 * Loaded at the first name (7 MB), so that an idle server stays within 60 MB (O18).
 */
let lookAlikes: Record<string, string> | undefined

/**
 * The keys of a cleaned name: a name is taken when any of them is. Two keys, because a capital I looks like l: with case
 * folded first, `AIice` (capital I) would not match `Alice`; with case kept, `ALICE` would not.
 */
export function keysOf(name: string): string[] {
  const base = withoutInvisible(name).replace(SEPARATORS, '') || name
  const folded = withLookAlikes(base.toLowerCase()).toLowerCase()
  const kept = withLookAlikes(base).toLowerCase()
  return folded === kept ? [folded] : [folded, kept]
}

/** Look-alike keys of a room name. Here i and ! also read as l. */
export function roomKeysOf(name: string): string[] {
  return [...new Set(keysOf(name).map((key) => key.replace(/[i!]/g, 'l')))]
}

/**
 * @returns whether a cleaned name is reserved; the site's name is reserved too
 * @param numbered a word that is reserved only as a whole name is allowed with a number after it, as in `Room 5`
 */
export function reservedNames(siteName: string, { numbered = false } = {}): (name: string) => boolean {
  let reserved: ReturnType<typeof reservedBy> | undefined
  return (name) => {
    const { words, names, phrases } = (reserved ??= reservedBy(siteName))
    const whole = numbered && /\d\P{L}*$/u.test(name) ? words : names
    return readings(name).some(
      (text) => whole.has(withoutSpaces(text)) || phrases.some((phrase) => ` ${text} `.includes(phrase)),
    )
  }
}

function reservedBy(siteName: string) {
  const words = new Set([...RESERVED_WORDS, siteName].flatMap(readings).filter((word) => word !== ''))
  const names = new Set([...RESERVED_NAMES.flatMap(readings), ...words].map(withoutSpaces))
  return { words, names, phrases: [...words].map((word) => ` ${word} `) }
}

/**
 * Every way to read a text, its words with one space between: case folded before or after look-alikes are replaced, digits at
 * the end of words cut or read as letters.
 */
function readings(text: string): string[] {
  const words = withoutInvisible(text).replace(SEPARATORS, ' ').trim()
  const cut = words.replace(/\d+(?= |$)/g, '').trim()
  const all = [words, cut].flatMap((reading) => [
    readAsLetters(reading.toLowerCase()),
    readAsLetters(reading),
  ])
  return [...new Set(all)]
}

/** A text as a hasty reader sees it: look-alikes and signs become the letters that they stand for. */
function readAsLetters(text: string): string {
  return withLookAlikes(text)
    .toLowerCase()
    .replace(/[01!|i345@$7]/g, (sign) => LETTER_OF_SIGN[sign] ?? sign)
}

/** A text with each character replaced by the one that it looks like. */
function withLookAlikes(text: string): string {
  const table = (lookAlikes ??= require('unhomoglyph/data.json') as Record<string, string>)
  const letters = Array.from(text, (sign) => {
    const at = SMALL_CAPITALS.indexOf(sign)
    const letter = at < 0 ? sign : String.fromCharCode(97 + at)
    return Object.hasOwn(table, letter) ? table[letter] : letter
  })
  return letters.join('')
}

const withoutInvisible = (text: string) => text.normalize('NFKD').replace(INVISIBLE, '')
const withoutSpaces = (words: string) => words.replaceAll(' ', '')
