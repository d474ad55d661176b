/**
 * When SQLite moves rows to another page, the page they came from keeps their bytes between its list of cells and its first
 * cell, where nothing is in use; `secure_delete` does not see those. Here that part of each page is overwritten with zeros.
 */
import type { Database } from 'bun:sqlite'
import { readSync, writeSync } from 'node:fs'

const PAGE = 4096
/** What kind each page is of stands in page 2 and in each 820th behind it: five bytes for each of those that follow. */
const ENTRY = 5
const GROUP = Math.floor(PAGE / ENTRY) + 1
/** Kinds: the root of a tree, and any other page of one. */
const [ROOT, NODE] = [1, 5]
/** What a page of a tree begins with, and how many bytes stand before its list of cells. */
const HEADER = new Map([
  [2, 12],
  [5, 12],
  [10, 8],
  [13, 8],
])
/** Pages that are read at once, and that are written before there is a rest. */
const PAGES_READ = 64
const MAX_WRITTEN = 64

const ZEROS = Buffer.alloc(PAGE)
const kinds = Buffer.alloc(PAGE)
const pages = Buffer.alloc(PAGES_READ * PAGE)

/** Is this a database whose pages can be told apart? Those that Hubbub makes are. */
export function canScrub(db: Database, descriptor: number): boolean {
  const valueOf = (pragma: string) =>
    Object.values(db.query<Record<string, number>, []>(`PRAGMA ${pragma}`).get() ?? {})[0] ?? 0
  const header = Buffer.alloc(100)
  const isWhole = readSync(descriptor, header, 0, header.length, 0) === header.length
  return isWhole && header[20] === 0 && valueOf('page_size') === PAGE && valueOf('auto_vacuum') > 0
}

/**
 * Overwrites what is not in use in some pages, from one on. The WAL must be empty and who writes have no page in its cache,
 * and nobody may write meanwhile; who reads does not look at these bytes. What was written is on the disk with the next
 * checkpoint.
 * @param from its number, 2 at first
 * @returns the page to go on with; null: all are done
 */
export function scrub(descriptor: number, from: number): number | null {
  const map = from - ((from - 2) % GROUP)
  if (readSync(descriptor, kinds, 0, PAGE, (map - 1) * PAGE) < PAGE) return null
  let written = 0
  for (let first = from; first < map + GROUP; first += PAGES_READ) {
    const most = Math.min(PAGES_READ, map + GROUP - first)
    const found = Math.floor(readSync(descriptor, pages, 0, most * PAGE, (first - 1) * PAGE) / PAGE)
    for (let at = 0; at < found; at += 1) {
      const page = first + at
      const kind = page === map ? 0 : kinds[(page - map - 1) * ENTRY]
      if (kind !== ROOT && kind !== NODE) continue
      const { start, end } = unusedIn(at * PAGE)
      if (end <= start || pages.compare(ZEROS, 0, end - start, start, end) === 0) continue
      writeSync(descriptor, ZEROS, 0, end - start, (page - 1) * PAGE + start - at * PAGE)
      written += 1
    }
    if (found < most) return null
    if (written >= MAX_WRITTEN) return first + most
  }
  return map + GROUP
}

/** Where the bytes that are not in use lie in a page that was read: behind its list of cells, before the cells themselves. */
function unusedIn(page: number): { start: number; end: number } {
  const header = HEADER.get(pages[page] ?? 0)
  if (header === undefined) return { start: page, end: page }
  const start = page + header + 2 * pages.readUInt16BE(page + 3)
  const end = page + pages.readUInt16BE(page + 5)
  return { start, end: Math.min(end, page + PAGE) }
}
