import type { Announcer } from '../ui/liveRegions.ts'
import type { Composer } from '../composer/composer.ts'
import type { MessageList } from '../timeline/messageList.ts'
import type { nameOf } from '../ui/avatar.ts'
import type { runText } from '../timeline/timelineRow.ts'
import type { COMMANDS, spoken } from '../composer/commands.ts'
import type { condense } from '../timeline/timelineItems.ts'
import type { unreadCountOf, isUnread } from '../state/unreadCounts.ts'
import type { untilLoaded } from '../ui/retryImport.ts'
import type { placesOf } from '../rooms/visitedRooms.ts'
import type { Sidebar } from '../rooms/sidebar.ts'

/** What the room's screen is made of when it is drawn first, and where the rest finds its place. */
export interface Parts {
  shell: HTMLElement
  heading: HTMLElement
  /** at the end of the header, for what opens from it */
  options: HTMLElement
  topic: HTMLElement
  messages: MessageList
  /** the reader is back where they were before */
  returned: boolean
  empty: HTMLElement
  side: Sidebar
  write: Composer
  /** right above the composer, for what it is about to do */
  above: HTMLElement
  /** Keeps where the reader stands, for Back and for a reload (U82). */
  leave(): void
  /** Does a command that is no message; gives why it was not done. */
  command(text: string): true | string
  /** Shows the keys and commands. */
  help(): void
  spoken: Announcer
  given: Given
}

/** What the first drawing has at hand: imported once more it would be a chunk, and a request, of its own (W2). */
export interface Given {
  condense: typeof condense
  countOf: typeof unreadCountOf
  isUnread: typeof isUnread
  nameOf: typeof nameOf
  runText: typeof runText
  untilLoaded: typeof untilLoaded
  placesOf: typeof placesOf
  spoken: typeof spoken
  COMMANDS: typeof COMMANDS
}

/** What the rest of the room, once it is here, does in place of the first drawing. */
export interface More {
  readonly spoken: Announcer
  send(text: string): true | string
  key(event: KeyboardEvent): boolean
  /** The text in the composer has changed; false: it is no draft. */
  changed(): boolean
  act(row: HTMLElement): boolean
  /** The reader has gone to the end. */
  ended(): void
  /** Opens the list of all rooms. */
  rooms(): void
}
