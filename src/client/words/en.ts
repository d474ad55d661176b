/**
 * Every word a person sees or hears, in English, a group a feature. Another language is another file of the same type.
 * A name of a person or a room arrives with its direction isolated already, a time or a date as the reader's locale writes it.
 */
import type { ErrorCode, REASONS } from '../../shared/errors.ts'
import { LIMITS } from '../../shared/limits.ts'

/** In which language lists of names are joined. */
const LOCALE = 'en-GB'

const newMessages = (count: number) => (count === 1 ? '1 new message' : `${count} new messages`)
const others = (count: number) => (count === 1 ? '1 other' : `${count} others`)
const onOff = { on: 'On', off: 'Off' }
const here = (count: number) => `${count} here`
const nobodyMayWrite = 'Nobody may write here now'
const mayNotWrite = 'You may not write here'
const noLongerIn = 'You are no longer in this room'

export const en = {
  locale: LOCALE,

  common: {
    appName: 'Hubbub',
    cancel: 'Cancel',
    close: 'Close',
    copyLink: 'Copy link',
    delete: 'Delete',
    done: 'Done',
    edit: 'Edit',
    linkCopied: 'Link copied',
    loading: 'Loading…',
    notLoaded: 'This did not load. Reload the page to go on.',
    others,
    reload: 'Reload',
    reply: 'Reply',
    retry: 'Retry',
    save: 'Save',
    settings: 'Settings',
    showQrCode: 'Show QR code',
    signOut: 'Sign out',
    today: 'Today',
    undo: 'Undo',
    use: (name: string) => `Use ${name}?`,
    yesterday: 'Yesterday',
  },

  /** Screens in place of a room. */
  pages: {
    notFound: { title: 'There is nothing here', text: 'The address may be mistyped, or the page is gone.' },
    notLoaded: { title: 'This did not load', text: 'The network may be off, or there is a newer version.' },
    roomClosed: {
      title: 'This room does not exist or is not open to you',
      text: 'Whoever sent you here can tell you more.',
    },
    roomLeft: { title: noLongerIn, text: 'You left this room in another tab or on another device.' },
    join: 'Join',
    toStart: 'Go to the start page',
    toLobby: 'Go to the lobby',
  },

  connection: {
    connecting: 'Connecting…',
    reconnectingIn: (seconds: number) => `Reconnecting in ${seconds} s`,
    retryNow: 'Retry now',
    offline: 'You are offline. What you write is sent when you are back.',
    disconnected: 'Disconnected. What you write is sent later.',
    connectedAgain: 'Connected again',
    serverFull: 'The server cannot store anything just now. What you write is kept here and sent later.',
    tooFast: (seconds: number) => `Too fast, sending again in ${seconds} s`,
    storageBlocked: 'This browser keeps nothing: what is not sent goes with the page',
    /** Why the connection was ended for good. */
    stopped: {
      noSession: {
        title: 'You are signed out',
        text: 'Pick a name to go on. Your drafts are kept on this device.',
        action: 'Pick a name',
      },
      banned: {
        title: 'You were removed',
        text: 'A moderator has removed you from this chat.',
        action: 'Go to the start page',
      },
      tooMany: {
        title: 'Open in too many places',
        text: 'This chat was opened in more than 20 tabs or devices. Going on here disconnects another one.',
        action: 'Go on here',
      },
      version: {
        title: 'A new version is here',
        text: 'Reload the page to go on. Your drafts are kept.',
        action: 'Reload',
      },
      other: {
        title: 'The connection was ended',
        text: 'Reload the page to go on. Your drafts are kept.',
        action: 'Reload',
      },
    },
  },

  session: {
    welcome: 'Pick a name and start talking.',
    signedOutElsewhere: 'You signed out in another tab. Pick a name to go on.',
    yourName: 'Your name',
    joinRoom: (room: string) => `Join ${room}`,
    continueAs: (name: string) => `Continue as ${name}`,
    useAnotherName: 'Use another name',
    nameTaken: (name: string) => `${name} is taken.`,
    nameFree: (name: string) => `${name} is free.`,
    signOutNotLoaded: 'This did not load: the network may be off.',
    signedInAs: (name: string) =>
      `You are signed in as ${name} in this browser. Reload the page to go on as ${name} or to sign out.`,
    stillSigningOut: 'Signing out is not finished: the server cannot be reached. Try again in a moment.',
    signOutTitle: 'Sign out?',
    signOutLoses(messages: number, drafts: number): string {
      const counted = (count: number, one: string) =>
        count === 0 ? '' : count === 1 ? `one ${one}` : `${count} ${one}s`
      const lost = [counted(messages, 'message'), counted(drafts, 'draft')].filter(Boolean).join(' and ')
      return `Not sent yet, and deleted from this device if you go on: ${lost}.`
    },
    stay: 'Stay',
  },

  rooms: {
    rooms: 'Rooms',
    favourites: 'Favourites',
    roomsAndPeople: 'Rooms and people',
    browse: 'Find or make a room',
    find: 'Find a room',
    noMatch: 'No room is called that. Make it below.',
    busiest: 'These are the busiest rooms. Type part of a name to find others.',
    typeMore: 'Type more of the name to find other rooms.',
    newRoom: 'New room',
    create: 'Make room',
    nameMissing: 'Give the room a name.',
    nameTaken: 'A room of this name exists.',
    peopleHere: here,
    unread: (count: number, atLeast: boolean) => `${atLeast ? `${count} or more` : count} unread`,
    mentions: (count: number) => `${count} mentioning you`,
    switcher: {
      title: 'Go to a room',
      field: 'Name of the room',
      noMatch: 'No room is called that.',
      current: 'you are here',
      mentions: (count: number) => `@${count}`,
      unread: (count: string) => `${count} new`,
    },
    menu: {
      title: 'Menu',
      addFavourite: 'Add to favourites',
      removeFavourite: 'Take off favourites',
      favouriteAdded: 'Added to your favourites',
      favouriteRemoved: 'Taken off your favourites',
      help: 'Keys and commands',
      leave: 'Leave this room',
    },
    markAllRead: {
      mark: 'Mark all read',
      undo: 'Undo “Mark all read”',
      marked: 'All rooms are read',
      announced: 'All rooms are marked read',
      undone: 'It is unread again',
      nothingUnread: 'All is read already',
    },
    topic: {
      title: 'Topic',
      field: 'What this room is about',
      add: 'Add a topic',
      change: 'Change the topic',
    },
    pins: {
      title: 'Pinned',
      button: 'Pinned messages',
      count: (count: number) => `${count} pinned`,
    },
    invite: {
      title: 'Come to this room',
      link: 'Link',
      codeOf: (link: string) => `QR code of ${link}`,
    },
    empty: {
      title: 'Nothing said here yet',
      text: 'Say the first word, or bring somebody along.',
    },
  },

  people: {
    people: 'People',
    online: here,
    here: 'Here',
    away: 'Away',
    you: 'you',
    isAway: 'away',
    more: (count: number) => `and ${count} more`,
  },

  timeline: {
    messagesIn: (room: string) => `Messages in ${room}`,
    skipToComposer: 'Skip to writing',
    loadingOlder: 'Loading older messages',
    olderFailed: 'Older messages could not be loaded.',
    tryAgain: 'Try again',
    new: 'New',
    begin: 'This is where the room begins',
    olderRemoved: 'What was said before is no longer kept',
    someMayBeMissing: 'You were away for a while',
    historyRestored: 'The server’s history has changed',
    joined: (names: string) => `${names} joined`,
    left: (names: string) => `${names} left`,
    renamed: (before: string, name: string) => `${before} is now ${name}`,
    topicRemoved: (name: string) => `${name} removed the topic`,
    topicChanged: (name: string, topic: string) => `${name} changed the topic: ${topic}`,
    jumpToFirstUnread: 'Jump to first unread',
    markRead: 'Mark read',
    jumpBack: 'Back to where you were',
    latest: 'Newest',
    jumpToLatest: 'Jump to the newest messages',
    newCount: (count: string) => `${count} new`,
    jumpToNew: (count: number) => `Jump to ${newMessages(count)}`,
    messageNotFound: 'That message cannot be reached',
  },

  message: {
    deleted: 'Message deleted',
    edited: 'edited',
    sending: 'Sending',
    waiting: 'Waiting to send',
    notSent: 'Not sent.',
    dismiss: 'Dismiss',
    showMore: 'Show more',
    showLess: 'Show less',
    copyCode: 'Copy',
    codeCopied: 'Copied',
    codeNotCopied: 'Not copied',
    /** The whole message, as a screen reader says it. */
    spoken: (name: string, time: string, status: string, text: string) =>
      `${name}, ${time}${status}: ${text}`,
    spokenDeleted: 'message deleted',
    spokenStatus: { sending: ', sending', waiting: ', waiting to be sent', failed: ', not sent' },
    replyTo: 'Answer to ',
    replyToDeleted: { spoken: 'Answer: ', shown: 'Original deleted' },
    reactions: 'Reactions',
    reaction: (emoji: string, count: number, names: string) => `${emoji} ${count}: ${names}`,
    toolbar: 'Message',
    react: 'React',
    reactWith: (emoji: string) => `React with ${emoji}`,
    reactWithAnother: 'React with another emoji',
    more: 'More',
    menuOf: (name: string, time: string) => `Message of ${name}, ${time}`,
    copyText: 'Copy text',
    textCopied: 'Text copied',
    copyRefused: 'This browser does not let the page copy.',
    pin: 'Pin',
    unpin: 'Unpin',
    deleteTitle: 'Delete this message?',
    deleteText: 'Nobody will be able to read it any more.',
    keep: 'Keep',
    /** What did not happen to a message; why not comes behind it. */
    failed: {
      message: 'Not sent.',
      edit: 'Not changed.',
      delete: 'Not deleted.',
      react: 'Not added.',
      pin: 'Not pinned.',
    },
  },

  composer: {
    placeholder: (room: string) => `Message ${room}`,
    form: (room: string) => `Write to ${room}`,
    send: 'Send',
    emoji: 'Emoji',
    suggestions: 'Suggestions',
    tooLong: (over: number) => `Too long by ${over} characters: it was not sent. Nothing is cut off.`,
    blocked: { readOnly: nobodyMayWrite, forbidden: mayNotWrite, notMember: noLongerIn },
    editing: 'Change your message',
    cancelEdit: 'Do not change it',
    cancelReply: 'Do not reply',
    replyTo: (name: string, text: string) => `Reply to ${name}: ${text}`,
    editedDeleted: 'This message was deleted meanwhile. Escape ends the change.',
    repliedDeleted: 'The message you reply to was deleted. Send again to say it all the same.',
    queueFull: '200 messages are already waiting to be sent. Try again when some have been sent.',
    signedOut: 'You are signed out. Pick a name to go on.',
    nothingToSend: 'There is nothing to send.',
    textTooLong: 'This message is too long.',
    textMalformed: 'This message contains characters that cannot be sent.',
    typing: {
      one: (name: string) => `${name} is typing`,
      two: (one: string, two: string) => `${one} and ${two} are typing`,
      three: (one: string, two: string, three: string) => `${one}, ${two} and ${three} are typing`,
      many: 'Several people are typing',
    },
    commands: {
      me: 'says what you do: /me waves',
      nick: 'changes your name: /nick Ann',
      shrug: 'ends with a shrug',
      help: 'shows keys and commands',
    },
    meWithoutText: 'Say what you do: /me waves',
    unknownCommand: (name: string) =>
      `There is no command /${name}. /help lists them; // begins a message with a slash.`,
  },

  help: {
    title: 'Keys and commands',
    keys: [
      ['Enter', 'send; in the list, what can be done with a message'],
      ['Shift+Enter', 'a new line'],
      ['↑', 'in the empty field: change your last message'],
      ['Page Up, Page Down', 'in the empty field: scroll'],
      ['Ctrl+K, ⌘K', 'go to a room'],
      ['Alt+↑, Alt+↓', 'previous, next room; with Shift those with something unread'],
      ['F6, Shift+F6', 'next, previous part of the page'],
      ['↑ ↓ Home End', 'in the list: move'],
      ['Escape', 'close, stop changing or answering, go to the end'],
      ['Shift+Escape', 'mark all rooms read'],
      ['@ and : and /', 'people, emoji and commands'],
      ['?', 'this list'],
    ] as readonly (readonly [keys: string, does: string])[],
  },

  emoji: {
    title: 'Emoji',
    find: 'Find an emoji',
    found: 'Found',
    none: 'There is none of this name',
    notLoaded: 'The emoji did not load',
    /** In the order of Unicode; '' is skin tones and hair, which the picker does not show. */
    groups: [
      'Faces',
      'People',
      '',
      'Nature',
      'Food',
      'Places',
      'Activities',
      'Things',
      'Signs',
      'Flags',
    ] as readonly string[],
  },

  notifications: {
    title: (name: string, room: string) => `${name} in ${room}`,
  },

  /** What a screen reader is told of what happens. */
  announcements: {
    entered: (room: string, count: number) => `${room}, ${count} here`,
    message: (name: string, text: string) => `${name}: ${text}`,
    mention: (name: string, text: string) => `${name} mentions you: ${text}`,
    messages: newMessages,
    messagesLast: (count: number, name: string, text: string) =>
      `${newMessages(count)}, last from ${name}: ${text}`,
  },

  settings: {
    name: { change: 'Change', changed: 'Changed.' },
    export: 'Save a copy of all I said',
    exportLimit: 'At most three at once, then one a minute.',
    theme: { title: 'Theme', values: { system: 'System', light: 'Light', dark: 'Dark' } },
    clock: { title: 'Times', values: { system: 'System', h12: '2:02 PM', h23: '14:02' } },
    enter: { title: 'The Enter key', values: { sends: 'Sends', breaks: 'New line' } },
    lines: {
      title: 'Who comes and goes',
      values: { condensed: 'In short', shown: 'Each', hidden: 'Hidden' },
    },
    level: {
      title: 'Unread and notifications',
      values: { all: 'All', mentions: 'Mentions', nothing: 'Nothing' },
      inRoom: (room: string) => `In ${room}`,
      same: 'As above',
    },
    notify: {
      title: 'Notifications',
      values: onOff,
      turnOn: 'Turn on notifications',
      blocked: 'This browser refuses them for this page. Its own settings can allow them.',
    },
    sound: { title: 'Sound', values: onOff },
    spoken: {
      title: 'Told to a screen reader',
      values: { messages: 'Messages', all: 'People too', nothing: 'Nothing' },
    },
  },

  errors: {
    /** What the server answers, by its code; 'offline': it did not answer. */
    codes: {
      offline: 'The server cannot be reached just now.',
      overloaded: 'The server is busy. It is tried again.',
      unavailable: 'The server cannot store anything just now.',
      rateLimited: 'Too fast.',
      internal: 'Something went wrong on the server.',
      badFrame: 'This is not a frame of protocol version 2.',
      badRequest: 'This request is malformed.',
      tooBig: 'This is too long.',
      forbidden: 'You may not do this.',
      noRoom: 'This room does not exist or is not open to you.',
      notFound: 'There is nothing here.',
      notMember: 'Join the room first.',
      readOnly: 'Nobody may write in this room now.',
      nonceReused: 'This was sent before with other content.',
      gone: 'That message is gone.',
      unauthenticated: 'Pick a name first.',
      nameTaken: 'This name is taken.',
      nameInvalid: 'This name cannot be used.',
      signedIn: 'You are signed in already.',
      roomTaken: 'A room of this name exists.',
      roomInvalid: 'A room cannot be made like this.',
      unsupported: 'Send JSON.',
      wrongHost: 'This server does not answer to that name. Set PUBLIC_URL to the address people use.',
    } satisfies Record<ErrorCode | 'offline', string>,
    /** The same, where the server says a reason, too. */
    reasons: {
      nameInvalid: {
        empty: 'Pick a name with at least one letter, digit or emoji.',
        long: `A name has at most ${LIMITS.name.graphemes} characters.`,
        characters: 'A name cannot hold invisible or control characters.',
        marks: 'A name cannot stack that many accents on one letter.',
        mixed: 'A name cannot mix Latin, Cyrillic and Greek letters.',
        reserved: 'This name is reserved.',
      },
      roomInvalid: {
        empty: 'Give the room a name with at least one letter, digit or emoji.',
        long: `A room’s name has at most ${LIMITS.roomName.graphemes} characters.`,
        characters: 'A name cannot hold invisible or control characters.',
        marks: 'A name cannot stack that many accents on one letter.',
        mixed: 'A name cannot mix Latin, Cyrillic and Greek letters.',
        reserved: 'This name is reserved.',
        kind: 'Only public rooms can be made.',
      },
      tooBig: { topic: 'This is too long.' },
      rateLimited: { newGuests: 'Too many new names from your network. Try again later.' },
    } satisfies { [Code in keyof typeof REASONS]: Record<(typeof REASONS)[Code][number], string> },
    notLoadedYet: 'This page has not finished loading. Try again in a moment.',
    tryAgain: 'That did not work. Try again.',
    /** Why a message, or a change to one, was not sent; by its code, 'late' for one that waited too long. */
    send: {
      tooBig: 'It is too long.',
      forbidden: `${mayNotWrite}.`,
      noRoom: 'This room is not open to you.',
      notMember: `${noLongerIn}.`,
      readOnly: `${nobodyMayWrite}.`,
      nonceReused: 'Something else was sent in its place.',
      gone: 'The message it answers is gone.',
      unauthenticated: 'You are signed out.',
      late: 'It could not be delivered in time.',
      other: 'The server refused it.',
    },
    changeGone: 'The message is gone.',
  },
}

/** What every language says. */
export type Words = typeof en
