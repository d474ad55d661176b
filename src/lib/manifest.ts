/** What `src/tools/build.ts` leaves behind in the public folder, and `http/assets.ts` reads once at start. */
export const ASSET_MANIFEST = 'assets.json'

export const ENCODINGS = ['br', 'gzip'] as const
export type Encoding = (typeof ENCODINGS)[number]

/** One file under the URL path that is its key. All file names are relative to the manifest. */
export interface Asset {
  file: string
  /** the whole Content-Type, charset included */
  type: string
  /** strong and quoted, as HTTP wants it */
  etag: string
  /** the name carries the hash of the content, so it may be kept for ever */
  immutable: boolean
  /** the same file, compressed; only what came out smaller is listed */
  encodings: Partial<Record<Encoding, string>>
}

export interface Manifest {
  /** URL paths of the entries that the page links */
  script: string
  style: string
  /** the chunks that the script imports at once */
  preload: string[]
  /** source file of a lazy `import()` → the chunks it needs, its own first */
  lazy: Record<string, string[]>
  files: Record<string, Asset>
}
