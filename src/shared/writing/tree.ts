/** What a text means: blocks, and in them inlines. docs/writing.md has the rules. */

export type Inline =
  | { type: 'text'; text: string }
  | { type: 'strong' | 'em' | 'strike'; children: Inline[] }
  | { type: 'code'; text: string }
  /** an address in the text; `address` is what was typed, or `mailto:` and what was typed */
  | { type: 'address'; address: string; text: string }
  /** `[label](address)`. `text`: all of it as typed; `around`: the characters next to it, which could change how it reads */
  | { type: 'link'; address: string; text: string; label: string; children: Inline[]; around: string }
  | { type: 'mention'; user: string; text: string }

export interface ListItem {
  /** as typed, without the dot; null in a list of points */
  number: string | null
  /** null if this is no task */
  done: boolean | null
  blocks: Block[]
}

export type Block =
  | { type: 'paragraph' | 'heading'; children: Inline[] }
  | { type: 'quote'; blocks: Block[] }
  | { type: 'list'; items: ListItem[] }
  | { type: 'code'; language: string; text: string }
  /** The first row is the head. Rows may have different lengths. */
  | { type: 'table'; rows: Inline[][][] }
  | { type: 'rule' }
  /** `/me waves`: what the author does, to be shown after their name */
  | { type: 'action'; children: Inline[] }

/** A part of a text, in UTF-16 units. */
export interface TextRange {
  at: number
  length: number
}
