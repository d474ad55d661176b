/** What makes two names look alike (I3), and which names nobody may have (I4). */

/** Reserved as a whole name and as any word of a name. */
const RESERVED_WORDS = [
  'admin',
  'administrator',
  'moderator',
  'system',
  'staff',
  'support',
  'official',
  'hubbub',
]
/** Reserved as a whole name only. */
// prettier-ignore
const RESERVED_NAMES = ['mod', 'bot', 'owner', 'root', 'host', 'server', 'all', 'everyone', 'here', 'channel', 'room', 'guest', 'deleted', 'you']

/** Zero-width characters and accents: invisible, or nearly so. */
const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\u0300-\u036f]/gu
/** White space and punctuation, except the two signs that stand for letters. */
const SEPARATORS = /(?![@!])[\s\p{P}]+/gu
/** Signs read as letters. I and l are one letter here, and so they are in the reserved words. */
const LETTER_OF_SIGN: Record<string, string> = {
  '0': 'o',
  '1': 'l',
  '!': 'l',
  '|': 'l',
  i: 'l',
  '3': 'e',
  '4': 'a',
  '@': 'a',
  '5': 's',
  $: 's',
  '7': 't',
}

/** a to z. The table of look-alikes knows some of them only. */
const SMALL_CAPITALS = [...'ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘꞯʀꜱᴛᴜᴠᴡxʏᴢ']

/**
 * The keys of a cleaned name: a name is taken when any of them is. Folding case first hides `AIice` beside `Alice`, and
 * keeping it hides `ALICE`, so there is one key of each.
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

/** @returns whether a cleaned name is reserved; the name of the site is reserved too */
export function reservedNames(siteName: string): (name: string) => boolean {
  let reserved: ReservedSet | undefined
  return (name) => {
    reserved ??= reservedBy(siteName)
    return isReserved(readings(name), reserved)
  }
}

/** The same for room names, except that a reserved word with a number is free: `Room 5`. */
export function reservedRooms(siteName: string): (name: string) => boolean {
  let reserved: ReservedSet | undefined
  return (name) => {
    reserved ??= reservedBy(siteName)
    const isNumbered = /\d\P{L}*$/u.test(name)
    return isReserved(readings(name), isNumbered ? { ...reserved, names: reserved.words } : reserved)
  }
}

function isReserved(texts: readonly string[], { words, names, phrases }: ReservedSet): boolean {
  return texts.some((text) => {
    if (names.has(withoutSpaces(text)) || words.has(text)) return true
    const sentence = ` ${text} `
    return phrases.some((phrase) => sentence.includes(phrase))
  })
}

type ReservedSet = ReturnType<typeof reservedBy>

function reservedBy(siteName: string) {
  const words = new Set([...RESERVED_WORDS, siteName].flatMap(readings).filter((word) => word !== ''))
  const names = new Set(RESERVED_NAMES.flatMap(readings).map(withoutSpaces))
  for (const word of words) names.add(withoutSpaces(word))
  return { words, names, phrases: [...words].map((word) => ` ${word} `) }
}

/** Every way to read a text: its words with a space between, case folded before or after, trailing digits cut or read as letters. */
function readings(text: string): string[] {
  const words = withoutInvisible(text).replace(SEPARATORS, ' ').trim()
  const cut = words.replace(/\d+(?= |$)/g, '').trim()
  const all = new Set<string>()
  for (const reading of cut === words ? [words] : [words, cut]) {
    const folded = reading.toLowerCase()
    all.add(readAsLetters(folded))
    if (folded !== reading) all.add(readAsLetters(reading))
  }
  return [...all]
}

/** A text as a hasty reader sees it: look-alikes and signs become the letters that they stand for. */
function readAsLetters(text: string): string {
  return withLookAlikes(text)
    .toLowerCase()
    .replace(/[01!|i345@$7]/g, (sign) => LETTER_OF_SIGN[sign] ?? sign)
}

let lookAlikeTable: Record<string, string> | undefined

/**
 * Uses the package's table, not its function: that is one pattern of 6,311 characters, which takes 8 MB and 100 ms at its
 * first call. Loaded at the first name, so that an idle server stays small.
 */
function lookAlikeOf(sign: string): string {
  lookAlikeTable ??= require('unhomoglyph/data.json') as Record<string, string>
  return Object.hasOwn(lookAlikeTable, sign) ? (lookAlikeTable[sign] ?? sign) : sign
}

/** A text with each character replaced by the one that it looks like. */
function withLookAlikes(text: string): string {
  let all = ''
  for (const sign of text) {
    const small = SMALL_CAPITALS.indexOf(sign)
    const meant = small < 0 ? sign : String.fromCharCode(97 + small)
    all += lookAlikeOf(meant)
  }
  return all
}

const withoutInvisible = (text: string) => text.normalize('NFKD').replace(INVISIBLE, '')
const withoutSpaces = (words: string) => words.replaceAll(' ', '')
