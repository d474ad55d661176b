/**
 * Every word a person sees or hears, in English, one group for each feature. Another language is another file of the same type
 * and a line of `languages.ts`. The English texts of some features are in `english/`: they load with the feature.
 * A name of a person or a room arrives with its direction isolated already, a time or a date as the reader's locale writes it.
 */
import type { ErrorCode, REASONS } from '../../shared/errors.ts'
import { LIMITS } from '../../shared/limits.ts'
import { counter } from './counter.ts'
import type { emojiPicker } from './english/emojiPicker.ts'
import type { shortcuts } from './english/shortcuts.ts'
import type { messageMenu } from './english/messageMenu.ts'
import type { roomDialogs } from './english/roomDialogs.ts'
import type { settings } from './english/settings.ts'

const numbered = counter('en')
/** `1 draft`, `2 drafts` */
const counted = (count: number, noun: string) => numbered(count, { one: `# ${noun}`, other: `# ${noun}s` })
const newMessages = (count: number) => counted(count, 'new message')
const online = (count: number) => `${count} online`
const signedOut = 'You’re signed out. Choose a name to continue.'
const readOnly = 'This room is read-only'
const mayNotWrite = 'You can’t send messages here'
const noLongerMember = 'You’re no longer in this room'
const markAllAsRead = 'Mark all as read'
const toStart = 'Go to start page'
const reloadToContinue = 'Reload the page to continue. Your drafts are kept.'

/** Faults of a name that are worded alike for people and rooms. */
const nameFaults = {
  marks: 'That name has too many marks on one letter.',
  mixed: 'Use letters from one alphabet: Latin, Cyrillic or Greek.',
  reserved: 'That name isn’t available.',
}

const atFirst = {
  /** How dates, times and lists are written for readers whose browser names no variant of this language. */
  locale: 'en-GB',
  dir: 'ltr' as 'ltr' | 'rtl',

  // prettier-ignore
  common: {
    appName: 'Hubbub',
    cancel: 'Cancel', close: 'Close', delete: 'Delete', done: 'Done', edit: 'Edit',
    reply: 'Reply', retry: 'Retry', save: 'Save', undo: 'Undo', settings: 'Settings', signOut: 'Sign out',
    copyLink: 'Copy link', linkCopied: 'Link copied', invite: 'Invite people',
    loading: 'Loading…', notLoaded: 'Couldn’t load this. Check your connection and try again.',
    notConnected: 'Available again when you’re connected.',
    today: 'Today', yesterday: 'Yesterday',
    others: (count: number) => counted(count, 'other'),
    use: (name: string) => `Use ${name}`,
  },

  /** Screens in place of a room. */
  pages: {
    notFound: { title: 'Page not found', text: 'Check the address, or go back to the start.' },
    notLoaded: { title: 'Couldn’t load this page', text: 'Check your connection and try again.' },
    roomClosed: {
      title: 'Room not found',
      text: 'It doesn’t exist or you don’t have access. Ask whoever sent you the link.',
    },
    roomLeft: { title: noLongerMember, text: 'You left this room in another tab or on another device.' },
    mayRejoin: 'You can join it again at any time.',
    join: 'Join',
    toStart,
    toLobby: 'Go to the lobby',
  },

  connection: {
    connecting: 'Connecting…',
    reconnectingIn: (seconds: number) => `Reconnecting in ${seconds} s`,
    retryNow: 'Retry now',
    blocked:
      'Can’t open a live connection. A proxy or firewall may be blocking WebSockets: try another network.',
    offline: 'You’re offline. Messages will be sent when you reconnect.',
    connectedAgain: 'Back online',
    serverFull: 'The server can’t store messages right now. Yours are kept here and sent later.',
    tooFast: (seconds: number) => `Slow down: sending again in ${seconds} s`,
    storageBlocked: 'Private mode: unsent messages are lost when you close this page.',
    /** Why the connection was ended for good. */
    stopped: {
      noSession: {
        title: 'You’re signed out',
        text: 'Choose a name to continue. Your drafts are kept on this device.',
        action: 'Choose a name',
      },
      banned: { title: 'You were removed', text: 'A moderator removed you from this chat.', action: toStart },
      tooMany: {
        title: 'Too many open tabs',
        text: `Hubbub is open in more than ${LIMITS.connections} tabs or devices. Using it here disconnects another one.`,
        action: 'Use here',
      },
      version: { title: 'A new version is available', text: reloadToContinue, action: 'Reload' },
      other: { title: 'Connection closed', text: reloadToContinue, action: 'Reload' },
    },
  },

  session: {
    welcome: 'Group chat, no account needed.',
    signedOutElsewhere: 'You signed out in another tab. Choose a name to continue.',
    yourName: 'Your name',
    nameMissing: 'Enter a name.',
    joinRoom: (room: string) => `Join ${room}`,
    continueAs: (name: string) => `Continue as ${name}`,
    useAnotherName: 'Use another name',
    nameTaken: (name: string) => `${name} is already in use.`,
    nameFree: (name: string) => `${name} is available.`,
    signedInAs: (name: string) =>
      `You’re signed in as ${name} in this browser. Reload the page to continue as ${name} or to sign out.`,
    cookiesBlocked: 'Your browser blocks cookies. Allow them for this site and try again.',
    stillSigningOut: 'Signing out isn’t finished: the server can’t be reached. Try again in a moment.',
    signOutTitle: 'Sign out?',
    useAnotherNameTitle: 'Sign out to use another name?',
    /** What a sign-out takes away. */
    signOutLoses: {
      unsent(messages: number, drafts: number): string {
        const lost = [
          messages && counted(messages, 'unsent message'),
          drafts && counted(drafts, 'unsent draft'),
        ]
        const what = messages + drafts === 1 ? 'it' : 'them'
        return `You have ${lost.filter(Boolean).join(' and ')}. Signing out deletes ${what}.`
      },
      name: (name: string) => `Anyone can then take the name ${name}.`,
      messages: 'Your messages stay in their rooms, but you can’t edit or delete them any more.',
      rooms: 'You lose your rooms and favourites.',
    },
  },

  rooms: {
    rooms: 'Rooms',
    favourites: 'Favourites',
    more: 'More rooms',
    others: 'Other rooms',
    draft: 'draft',
    left: (room: string) => `You left ${room}`,
    leftAsOwner: (room: string) => `You left ${room}. It will have no owner.`,
    browse: 'Browse rooms',
    unread: (count: number, atLeast: boolean) =>
      numbered(count, { other: atLeast ? '# or more unread' : '# unread' }),
    mentions: (count: number) => counted(count, 'mention'),
    menu: {
      title: 'Menu',
      addFavourite: 'Add to favourites',
      removeFavourite: 'Remove from favourites',
      favouriteAdded: 'Added to favourites',
      favouriteRemoved: 'Removed from favourites',
      leave: 'Leave room',
    },
    markAllRead: {
      mark: markAllAsRead,
      marked: 'All rooms marked as read',
      undone: 'Marked as unread again',
      nothingUnread: 'No unread messages',
    },
    topic: {
      title: 'Topic',
      field: 'What this room is about',
      add: 'Add a topic',
      change: 'Edit topic',
      show: 'Show topic',
    },
    pins: { title: 'Pinned messages', count: (count: number) => `${count} pinned` },
    invite: {
      title: (room: string) => `Invite people to ${room}`,
      link: 'Link',
      codeOf: (link: string) => `QR code of ${link}`,
    },
    empty: { title: 'No messages yet', text: 'Write the first one, or invite people.' },
  },

  people: {
    people: 'People',
    stale: 'You’re offline. This list may be out of date.',
    count: online,
    online: 'Online',
    away: 'Away',
    offline: 'Offline',
    you: 'you',
    owner: 'Room owner',
    mention: 'Mention',
    more: (count: number) => `and ${count} more`,
  },

  timeline: {
    messagesIn: (room: string) => `Messages in ${room}`,
    skipToComposer: 'Skip to message box',
    loadingOlder: 'Loading older messages…',
    olderFailed: 'Couldn’t load older messages.',
    new: 'New',
    begin: (room: string) => `This is the start of ${room}.`,
    olderRemoved: 'Older messages have been removed.',
    someMayBeMissing: 'Some messages may be missing here',
    historyRestored: 'History was restored from a backup',
    cameOnline: (names: string) => `${names} came online`,
    wentOffline: (names: string) => `${names} went offline`,
    renamed: (before: string, name: string) => `${before} is now ${name}`,
    topicRemoved: (name: string) => `${name} removed the topic`,
    topicChanged: (name: string, topic: string) => `${name} changed the topic: ${topic}`,
    jumpToFirstUnread: 'Jump to first unread',
    markAsRead: 'Mark as read',
    jumpBack: 'Back to where you were',
    jumpToLatest: 'Jump to latest',
    newCount: (count: string) => `${count} new`,
    jumpToNew: (count: number) => `Jump to ${newMessages(count)}`,
    messageNotFound: 'Message not found',
    jumpToDate: 'Jump to a date',
  },

  message: {
    deleted: (count: number) => (count > 1 ? `${count} messages deleted` : 'Message deleted'),
    edited: 'edited',
    pinned: 'Pinned',
    sending: 'Sending',
    waiting: 'Waiting to send',
    dismiss: 'Dismiss',
    fold: { more: 'Show more', less: 'Show less' },
    taskDone: 'Done',
    taskOpen: 'To do',
    code: { copy: 'Copy', copied: 'Copied', failed: 'Couldn’t copy' },
    /** A message as a screen reader says it. */
    spoken: (name: string, time: string, status: string, text: string) =>
      `${name}, ${time}${status}: ${text}`,
    spokenDeleted: (count: number) => (count > 1 ? `${count} messages deleted` : 'message deleted'),
    spokenStatus: { sending: ', sending', waiting: ', waiting to be sent', failed: ', not sent' },
    replyTo: 'Reply to ',
    replyToDeleted: 'Reply to a deleted message',
    reactions: 'Reactions',
    reaction: (emoji: string, count: number, names: string) => `${emoji} ${count}: ${names}`,
    toolbar: 'Message actions',
    react: 'React',
    reactWith: (emoji: string) => `React with ${emoji}`,
    reactWithAnother: 'React with another emoji',
    more: 'More actions',
    menuOf: (name: string, time: string) => `Message from ${name}, ${time}`,
    copyRefused: 'Couldn’t copy: your browser doesn’t allow it.',
    markedUnread: 'Marked as unread',
    /** What failed; the reason follows. */
    failed: {
      message: 'Not sent.',
      edit: 'Couldn’t save your edit.',
      delete: 'Couldn’t delete.',
      react: 'Couldn’t react.',
      pin: 'Couldn’t pin.',
    },
  },

  composer: {
    placeholder: (room: string) => `Message ${room}`,
    form: (room: string) => `Write to ${room}`,
    send: 'Send',
    suggestions: 'Suggestions',
    tooLong: (over: number) =>
      `${counted(over, 'character')} over the limit. Shorten your message to send it.`,
    blocked: { readOnly, forbidden: mayNotWrite, notMember: noLongerMember },
    editing: 'Editing message',
    cancelEdit: 'Cancel edit',
    cancelReply: 'Cancel reply',
    replyTo: (name: string, text: string) => `Reply to ${name}: ${text}`,
    editedDeleted: 'This message has been deleted. Press Escape to stop editing.',
    repliedDeleted: 'The message you’re replying to was deleted. Press Send again to post anyway.',
    queueFull: `${LIMITS.unsent} messages are already waiting to be sent. Try again when some have been sent.`,
    signedOut,
    nothingToSend: 'There’s nothing to send.',
    textTooLong: 'This message is too long.',
    textMalformed: 'This message contains characters that can’t be sent.',
    /** characters left; below 0 so many are too many */
    left: (count: number) => String(count).replace('-', '−'),
    formatHint: '**bold** _italic_ `code` > quote',
    noFiles: 'Files can’t be sent here yet',
    targetDeleted: 'The message was deleted',
    typing: {
      one: (name: string) => `${name} is typing`,
      two: (one: string, two: string) => `${one} and ${two} are typing`,
      three: (one: string, two: string, three: string) => `${one}, ${two} and ${three} are typing`,
      many: 'Several people are typing',
    },
    commands: {
      me: 'Describe an action: /me waves',
      nick: 'Change your name: /nick Ann',
      shrug: 'Append ¯\\_(ツ)_/¯',
      help: 'Show shortcuts and commands',
    },
    meWithoutText: 'Type an action, for example /me waves',
    unknownCommand: (name: string) =>
      `Unknown command /${name}. Type /help for a list, or start with // to send a slash.`,
  },

  help: 'Shortcuts and commands',

  emoji: 'Emoji',

  notifications: { title: (name: string, room: string) => `${name} in ${room}` },

  /** For screen readers. */
  announcements: {
    entered: (room: string, count: number) => `${room}, ${online(count)}`,
    message: (name: string, text: string) => `${name}: ${text}`,
    mention: (name: string, text: string) => `${name} mentioned you: ${text}`,
    messages: newMessages,
    messagesLast: (count: number, name: string, text: string) =>
      `${newMessages(count)}, last from ${name}: ${text}`,
  },

  errors: {
    /** Why a request failed, by its code; 'offline': no answer. Codes without a text here get `tryAgain`. */
    codes: {
      offline: 'The server can’t be reached right now.',
      overloaded: 'The server is busy.',
      unavailable: 'The server can’t store anything right now.',
      rateLimited: 'You’re doing this too often.',
      internal: 'Something went wrong on the server.',
      tooBig: 'This is too long.',
      forbidden: 'You can’t do this.',
      noRoom: 'This room doesn’t exist or you don’t have access.',
      notMember: 'Join the room first.',
      readOnly: `${readOnly}.`,
      unauthenticated: signedOut,
      nameInvalid: 'That name can’t be used.',
      roomInvalid: 'This room can’t be created.',
    } satisfies Partial<Record<ErrorCode | 'offline', string>>,
    /** Why a request failed, by its code and the server's reason. */
    reasons: {
      nameInvalid: {
        ...nameFaults,
        empty: 'Enter a name with at least one letter, digit or emoji.',
        long: `Use ${LIMITS.name.graphemes} characters or fewer.`,
        characters: 'Remove invisible characters from your name.',
      },
      roomInvalid: {
        ...nameFaults,
        empty: 'Enter a room name with at least one letter, digit or emoji.',
        long: `Use ${LIMITS.roomName.graphemes} characters or fewer.`,
        characters: 'Remove invisible characters from the room name.',
        kind: 'Only public rooms can be created.',
      },
      tooBig: { topic: `Use ${LIMITS.topic.graphemes} characters or fewer.` },
      rateLimited: { newGuests: 'Too many people joined from your network.' },
    } satisfies { [Code in keyof typeof REASONS]: Record<(typeof REASONS)[Code][number], string> },
    /** Follows one of these texts if the server says how long to wait. */
    tryAgainIn: (seconds: number) =>
      seconds < 120 ? `Try again in ${seconds} s.` : `Try again in ${Math.ceil(seconds / 60)} minutes.`,
    tryAgain: 'That didn’t work. Try again.',
    /** Why a message or a change was not sent, by the error code; 'late': it waited too long. */
    send: {
      tooBig: 'It’s too long.',
      forbidden: `${mayNotWrite}.`,
      noRoom: 'You don’t have access to this room.',
      notMember: `${noLongerMember}.`,
      readOnly: `${readOnly}.`,
      nonceReused: 'A different message was already sent in its place.',
      gone: 'The message you replied to was deleted.',
      unauthenticated: 'You’re signed out.',
      late: 'Couldn’t deliver in time.',
      other: 'The server rejected it.',
    },
    changeGone: 'The message was deleted.',
  },
}

/** Texts that load with the feature that shows them (`addEnglish`). */
interface LaterWords {
  roomDialogs: typeof roomDialogs
  settings: typeof settings
  shortcuts: typeof shortcuts
  messageMenu: typeof messageMenu
  emojiPicker: typeof emojiPicker
}

/** The texts that every language has. */
export type Words = typeof atFirst & LaterWords

export const en = atFirst as Words
