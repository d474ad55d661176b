/** The file that `tools/build` writes into the public folder, and `http/assets` reads at start. */
export const ASSET_MANIFEST = 'assets.json'

export const ENCODINGS = ['br', 'gzip'] as const
export type Encoding = (typeof ENCODINGS)[number]

/** A file to serve. File names are relative to the manifest. */
export interface Asset {
  file: string
  /** the Content-Type with its charset */
  type: string
  /** strong and quoted */
  etag: string
  /** the name contains the content's hash, so the file may be cached for ever */
  immutable: boolean
  /** compressed files that are smaller */
  encodings: Partial<Record<Encoding, string>>
}

export interface Manifest {
  /** URL paths of the script and the style sheet that the page links */
  script: string
  style: string
  /** URL paths of the chunks that the script imports statically */
  preload: string[]
  /** source file of each `import()` → its chunk and those that the chunk imports */
  lazy: Record<string, string[]>
  /** by URL path */
  files: Record<string, Asset>
}
