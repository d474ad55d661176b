/** Every word in German, in the du-form. `Words` says which there must be. */
import { LIMITS } from '../../shared/limits.ts'
import { counter } from './counter.ts'
import type { Words } from './en.ts'

const counted = counter('de')
const newMessages = (count: number) =>
  counted(count, { one: '# neue Nachricht', other: '# neue Nachrichten' })
const online = (count: number) => `${count} online`
const onOff = { on: 'Ein', off: 'Aus' }
const signedOut = 'Du bist abgemeldet. Wähle einen Namen, um weiterzumachen.'
const readOnly = 'In diesem Raum kann man nur lesen'
const mayNotWrite = 'Du kannst hier keine Nachrichten senden'
const noLongerMember = 'Du bist nicht mehr in diesem Raum'
const markAllAsRead = 'Alles als gelesen markieren'
const toStart = 'Zur Startseite'
const reloadToContinue = 'Lade die Seite neu, um weiterzumachen. Deine Entwürfe bleiben erhalten.'

const deleted = (count: number) =>
  count > 1 ? counted(count, { other: '# Nachrichten gelöscht' }) : 'Nachricht gelöscht'

const nameFaults = {
  marks: 'In diesem Namen trägt ein Buchstabe zu viele Zeichen.',
  mixed: 'Nimm Buchstaben aus nur einem Alphabet: lateinisch, kyrillisch oder griechisch.',
  reserved: 'Dieser Name ist nicht verfügbar.',
}

export const words: Words = {
  locale: 'de-DE',
  dir: 'ltr',

  // prettier-ignore
  common: {
    appName: 'Hubbub',
    cancel: 'Abbrechen', close: 'Schließen', delete: 'Löschen', done: 'Fertig', edit: 'Bearbeiten',
    reply: 'Antworten', retry: 'Erneut versuchen', save: 'Speichern', undo: 'Rückgängig', settings: 'Einstellungen', signOut: 'Abmelden',
    copyLink: 'Link kopieren', linkCopied: 'Link kopiert', invite: 'Leute einladen',
    loading: 'Wird geladen …', notLoaded: 'Das lässt sich gerade nicht laden. Prüfe deine Verbindung und versuch es noch einmal.',
    notConnected: 'Das geht wieder, sobald du verbunden bist.',
    today: 'Heute', yesterday: 'Gestern',
    others: (count: number) => counted(count, { one: '# weitere Person', other: '# weitere' }),
    use: (name: string) => `${name} nehmen`,
  },

  pages: {
    notFound: { title: 'Seite nicht gefunden', text: 'Prüfe die Adresse oder geh zurück zur Startseite.' },
    notLoaded: {
      title: 'Die Seite lässt sich nicht laden',
      text: 'Prüfe deine Verbindung und versuch es noch einmal.',
    },
    roomClosed: {
      title: 'Raum nicht gefunden',
      text: 'Es gibt ihn nicht, oder du hast keinen Zugang. Frag die Person, von der du den Link hast.',
    },
    roomLeft: {
      title: noLongerMember,
      text: 'Du hast diesen Raum in einem anderen Tab oder auf einem anderen Gerät verlassen.',
    },
    mayRejoin: 'Du kannst dem Raum jederzeit wieder beitreten.',
    join: 'Beitreten',
    toStart,
    toLobby: 'Zur Lobby',
  },

  connection: {
    connecting: 'Verbindung wird hergestellt …',
    reconnectingIn: (seconds: number) => `Neuer Versuch in ${seconds} s`,
    retryNow: 'Jetzt versuchen',
    blocked:
      'Die Live-Verbindung kommt nicht zustande. Vielleicht blockiert ein Proxy oder eine Firewall WebSockets: Versuch es in einem anderen Netz.',
    offline: 'Du bist offline. Nachrichten werden gesendet, sobald du wieder verbunden bist.',
    connectedAgain: 'Wieder online',
    serverFull:
      'Der Server kann gerade keine Nachrichten speichern. Deine bleiben hier und werden später gesendet.',
    tooFast: (seconds: number) => `Etwas langsamer: Weiter geht’s in ${seconds} s`,
    storageBlocked:
      'Privater Modus: Nicht gesendete Nachrichten gehen verloren, wenn du diese Seite schließt.',
    stopped: {
      noSession: {
        title: 'Du bist abgemeldet',
        text: 'Wähle einen Namen, um weiterzumachen. Deine Entwürfe bleiben auf diesem Gerät.',
        action: 'Namen wählen',
      },
      banned: {
        title: 'Du wurdest entfernt',
        text: 'Die Moderation hat dich aus diesem Chat entfernt.',
        action: toStart,
      },
      tooMany: {
        title: 'Zu viele offene Tabs',
        text: `Hubbub ist in mehr als ${LIMITS.connections} Tabs oder auf mehr als ${LIMITS.connections} Geräten offen. Wenn du es hier nutzt, wird ein anderes getrennt.`,
        action: 'Hier nutzen',
      },
      version: { title: 'Es gibt eine neue Version', text: reloadToContinue, action: 'Neu laden' },
      other: { title: 'Verbindung beendet', text: reloadToContinue, action: 'Neu laden' },
    },
  },

  session: {
    welcome: 'Gruppenchat, ganz ohne Konto.',
    signedOutElsewhere: 'Du hast dich in einem anderen Tab abgemeldet. Wähle einen Namen, um weiterzumachen.',
    yourName: 'Dein Name',
    nameMissing: 'Gib einen Namen ein.',
    joinRoom: (room: string) => `${room} beitreten`,
    continueAs: (name: string) => `Weiter als ${name}`,
    useAnotherName: 'Anderen Namen nehmen',
    nameTaken: (name: string) => `${name} ist schon vergeben.`,
    nameFree: (name: string) => `${name} ist frei.`,
    signedInAs: (name: string) =>
      `In diesem Browser bist du als ${name} angemeldet. Lade die Seite neu, um als ${name} weiterzumachen oder dich abzumelden.`,
    cookiesBlocked: 'Dein Browser blockiert Cookies. Erlaube sie für diese Seite und versuch es noch einmal.',
    stillSigningOut:
      'Die Abmeldung läuft noch: Der Server ist nicht erreichbar. Versuch es gleich noch einmal.',
    signOutTitle: 'Abmelden?',
    useAnotherNameTitle: 'Abmelden und einen anderen Namen nehmen?',
    signOutLoses: {
      unsent(messages: number, drafts: number): string {
        const unsent = { one: '# nicht gesendete Nachricht', other: '# nicht gesendete Nachrichten' }
        const lost = [
          messages && counted(messages, unsent),
          drafts && counted(drafts, { one: '# Entwurf', other: '# Entwürfe' }),
        ]
        const verb = messages + drafts === 1 ? 'wird' : 'werden'
        return `${lost.filter(Boolean).join(' und ')} ${verb} beim Abmelden gelöscht.`
      },
      name: (name: string) => `Den Namen ${name} können dann andere nehmen.`,
      messages:
        'Deine Nachrichten bleiben in ihren Räumen, aber du kannst sie nicht mehr bearbeiten oder löschen.',
      rooms: 'Du verlierst deine Räume und Favoriten.',
    },
  },

  rooms: {
    rooms: 'Räume',
    favourites: 'Favoriten',
    more: 'Weitere Räume',
    others: 'Andere Räume',
    draft: 'Entwurf',
    left: (room: string) => `Du hast ${room} verlassen`,
    leftAsOwner: (room: string) => `Du hast ${room} verlassen. Der Raum gehört dann niemandem.`,
    browse: 'Alle Räume',
    unread: (count: number, atLeast: boolean) =>
      counted(count, { other: atLeast ? '# oder mehr ungelesen' : '# ungelesen' }),
    mentions: (count: number) => counted(count, { one: '# Erwähnung', other: '# Erwähnungen' }),
    menu: {
      title: 'Menü',
      addFavourite: 'Zu Favoriten hinzufügen',
      removeFavourite: 'Aus Favoriten entfernen',
      favouriteAdded: 'Zu Favoriten hinzugefügt',
      favouriteRemoved: 'Aus Favoriten entfernt',
      leave: 'Raum verlassen',
    },
    markAllRead: {
      mark: markAllAsRead,
      marked: 'Alle Räume sind als gelesen markiert',
      undone: 'Wieder als ungelesen markiert',
      nothingUnread: 'Keine ungelesenen Nachrichten',
    },
    topic: {
      title: 'Thema',
      field: 'Worum es in diesem Raum geht',
      add: 'Thema hinzufügen',
      change: 'Thema bearbeiten',
      show: 'Thema anzeigen',
    },
    pins: { title: 'Angeheftete Nachrichten', count: (count: number) => `${count} angeheftet` },
    invite: {
      title: (room: string) => `Leute in ${room} einladen`,
      link: 'Link',
      codeOf: (link: string) => `QR-Code von ${link}`,
    },
    empty: { title: 'Noch keine Nachrichten', text: 'Schreib die erste oder lade Leute ein.' },
  },

  roomDialogs: {
    find: 'Räume suchen',
    busiest: 'Das sind die belebtesten Räume. Gib einen Teil eines Namens ein, um andere zu finden.',
    typeMore: 'Gib mehr vom Namen ein, um andere Räume zu finden.',
    findOrCreate: 'Raum finden oder erstellen',
    createNamed: (name: string) => `„${name}“ erstellen`,
    goThere: 'Dorthin',
    nameTaken: (name: string) => `Einen Raum namens ${name} gibt es schon.`,
    switcher: {
      title: 'Zu einem Raum springen',
      noMatch: 'Kein Raum passt.',
      current: 'dieser Raum',
      unread: (count: string) => `${count} ungelesen`,
    },
  },

  people: {
    people: 'Personen',
    stale: 'Du bist offline. Diese Liste ist vielleicht veraltet.',
    count: online,
    online: 'Online',
    away: 'Abwesend',
    offline: 'Offline',
    you: 'du',
    owner: 'dein Raum',
    mention: 'Erwähnen',
    more: (count: number) => `und ${count} weitere`,
  },

  timeline: {
    messagesIn: (room: string) => `Nachrichten in ${room}`,
    skipToComposer: 'Zum Nachrichtenfeld springen',
    loadingOlder: 'Ältere Nachrichten werden geladen …',
    olderFailed: 'Ältere Nachrichten lassen sich nicht laden.',
    new: 'Neu',
    begin: (room: string) => `Hier beginnt der Raum ${room}.`,
    olderRemoved: 'Ältere Nachrichten wurden entfernt.',
    someMayBeMissing: 'Hier fehlen vielleicht Nachrichten',
    historyRestored: 'Der Verlauf stammt aus einer Sicherung',
    cameOnline: (names: string) => `Jetzt online: ${names}`,
    wentOffline: (names: string) => `Jetzt offline: ${names}`,
    renamed: (before: string, name: string) => `${before} heißt jetzt ${name}`,
    topicRemoved: (name: string) => `${name} hat das Thema entfernt`,
    topicChanged: (name: string, topic: string) => `${name} hat das Thema geändert: ${topic}`,
    jumpToFirstUnread: 'Zur ersten ungelesenen',
    markAsRead: 'Als gelesen markieren',
    jumpBack: 'Zurück zur vorigen Stelle',
    jumpToLatest: 'Zur neuesten Nachricht',
    newCount: (count: string) => `${count} neu`,
    jumpToNew: (count: number) =>
      `Zu ${counted(count, { one: '# neuen Nachricht', other: '# neuen Nachrichten' })}`,
    messageNotFound: 'Nachricht nicht gefunden',
    jumpToDate: 'Zu einem Datum springen',
  },

  message: {
    deleted,
    edited: 'bearbeitet',
    pinned: 'Angeheftet',
    sending: 'Wird gesendet',
    waiting: 'Wartet auf Senden',
    dismiss: 'Verwerfen',
    fold: { more: 'Mehr anzeigen', less: 'Weniger anzeigen' },
    taskDone: 'Erledigt',
    taskOpen: 'Offen',
    code: { copy: 'Kopieren', copied: 'Kopiert', failed: 'Kopieren ging nicht' },
    spoken: (name: string, time: string, status: string, text: string) =>
      `${name}, ${time}${status}: ${text}`,
    spokenDeleted: deleted,
    spokenStatus: { sending: ', wird gesendet', waiting: ', wartet auf Senden', failed: ', nicht gesendet' },
    replyTo: 'Antwort an ',
    replyToDeleted: 'Antwort auf eine gelöschte Nachricht',
    reactions: 'Reaktionen',
    reaction: (emoji: string, count: number, names: string) => `${emoji} ${count}: ${names}`,
    toolbar: 'Aktionen der Nachricht',
    react: 'Reagieren',
    reactWith: (emoji: string) => `Mit ${emoji} reagieren`,
    reactWithAnother: 'Mit anderem Emoji reagieren',
    more: 'Weitere Aktionen',
    menuOf: (name: string, time: string) => `Nachricht von ${name}, ${time}`,
    copyRefused: 'Kopieren ging nicht: Dein Browser erlaubt es nicht.',
    markedUnread: 'Als ungelesen markiert',
    failed: {
      message: 'Nicht gesendet.',
      edit: 'Deine Änderung wurde nicht gespeichert.',
      delete: 'Löschen ging nicht.',
      react: 'Reagieren ging nicht.',
      pin: 'Anheften ging nicht.',
    },
  },

  composer: {
    placeholder: (room: string) => `Nachricht an ${room}`,
    form: (room: string) => `In ${room} schreiben`,
    send: 'Senden',
    suggestions: 'Vorschläge',
    tooLong: (over: number) =>
      `${counted(over, { other: '# Zeichen' })} zu viel. Kürze deine Nachricht, um sie zu senden.`,
    blocked: { readOnly, forbidden: mayNotWrite, notMember: noLongerMember },
    editing: 'Nachricht wird bearbeitet',
    cancelEdit: 'Bearbeiten abbrechen',
    cancelReply: 'Antwort abbrechen',
    replyTo: (name: string, text: string) => `Antwort an ${name}: ${text}`,
    editedDeleted: 'Diese Nachricht wurde gelöscht. Mit Escape beendest du das Bearbeiten.',
    repliedDeleted:
      'Die Nachricht, auf die du antwortest, wurde gelöscht. Drücke noch einmal auf Senden, um trotzdem zu posten.',
    queueFull: `${LIMITS.unsent} Nachrichten warten schon. Versuch es noch einmal, wenn einige gesendet sind.`,
    signedOut,
    nothingToSend: 'Es gibt nichts zu senden.',
    textTooLong: 'Diese Nachricht ist zu lang.',
    textMalformed: 'Diese Nachricht enthält Zeichen, die sich nicht senden lassen.',
    left: (count: number) => String(count).replace('-', '−'),
    formatHint: '**fett** _kursiv_ `Code` > Zitat',
    noFiles: 'Dateien kannst du hier noch nicht senden',
    targetDeleted: 'Die Nachricht wurde gelöscht',
    typing: {
      one: (name: string) => `${name} schreibt`,
      two: (one: string, two: string) => `${one} und ${two} schreiben`,
      three: (one: string, two: string, three: string) => `${one}, ${two} und ${three} schreiben`,
      many: 'Mehrere Personen schreiben',
    },
    commands: {
      me: 'Eine Handlung beschreiben: /me winkt',
      nick: 'Deinen Namen ändern: /nick Anna',
      shrug: '¯\\_(ツ)_/¯ anhängen',
      help: 'Bedienung und Befehle anzeigen',
    },
    meWithoutText: 'Schreib eine Handlung dazu, zum Beispiel /me winkt',
    unknownCommand: (name: string) =>
      `Den Befehl /${name} gibt es nicht. /help zeigt alle. Beginne mit //, um einen Schrägstrich zu senden.`,
  },

  help: 'Bedienung und Befehle',

  shortcuts: {
    gestures: [
      ['Nachricht halten', 'Antworten, reagieren, kopieren und mehr'],
      ['Nachricht antippen, dann die Punkte daneben', 'Dasselbe Menü'],
      ['Reaktion halten', 'Sehen, wer reagiert hat'],
      ['Name oder Bild antippen', 'Sehen, wer das ist, und erwähnen'],
      ['Nach rechts wischen', 'Räume'],
      ['Nach links wischen', 'Personen'],
    ],
    keyboard: 'Mit einer Tastatur',
    keys: [
      ['Enter', 'Nachricht senden · In der Liste: Menü der Nachricht'],
      ['Umschalt+Enter', 'Neue Zeile'],
      ['↑', 'Letzte eigene Nachricht bearbeiten (bei leerem Feld)'],
      ['Bild ↑, Bild ↓', 'Durch die Nachrichten blättern (bei leerem Feld)'],
      ['Strg+B, Strg+I, ⌘B, ⌘I', 'Fett, kursiv'],
      ['Strg+K, ⌘K', 'Zu einem Raum springen'],
      ['Alt+↑, Alt+↓', 'Voriger / nächster Raum; mit Umschalt: nur ungelesene'],
      ['F6, Umschalt+F6', 'Nächster / voriger Bereich'],
      ['↑ ↓ Pos1 Ende', 'In der Liste: zwischen Nachrichten wechseln'],
      ['← →', 'In der Liste: Links und Schaltflächen einer Nachricht'],
      ['Escape', 'Schließen, Bearbeiten oder Antwort abbrechen'],
      ['Umschalt+Escape', markAllAsRead],
      ['?', 'Diese Liste anzeigen (außerhalb des Nachrichtenfelds)'],
    ],
    typed: ['@ : /', 'Personen erwähnen, Emoji einfügen, Befehle nutzen'],
  },

  emoji: 'Emoji',

  messageMenu: {
    whoReacted: 'Wer reagiert hat',
    copyText: 'Text kopieren',
    selectText: 'Text auswählen',
    textCopied: 'Text kopiert',
    markUnread: 'Als ungelesen markieren',
    pin: 'Anheften',
    unpin: 'Loslösen',
    deleteTitle: 'Diese Nachricht löschen?',
    deleteText: 'Das lässt sich nicht rückgängig machen.',
    date: 'Datum',
    jump: 'Springen',
  },

  emojiPicker: {
    find: 'Emoji suchen (englisch)',
    found: 'Ergebnisse',
    none: 'Kein Emoji gefunden',
    notLoaded: 'Die Emoji lassen sich nicht laden',
    recent: 'Zuletzt verwendet',
    categories: 'Kategorien',
    tone: 'Hautton',
    tones: ['Standard', 'Hell', 'Mittelhell', 'Mittel', 'Mitteldunkel', 'Dunkel'],
    // prettier-ignore
    groups: ['Smileys', 'Menschen', '', 'Natur', 'Essen', 'Orte', 'Aktivitäten', 'Dinge', 'Symbole', 'Flaggen'],
  },

  notifications: { title: (name: string, room: string) => `${name} in ${room}` },

  announcements: {
    entered: (room: string, count: number) => `${room}, ${online(count)}`,
    message: (name: string, text: string) => `${name}: ${text}`,
    mention: (name: string, text: string) => `${name} hat dich erwähnt: ${text}`,
    messages: newMessages,
    messagesLast: (count: number, name: string, text: string) =>
      `${newMessages(count)}, die letzte von ${name}: ${text}`,
  },

  settings: {
    groups: {
      you: 'Du',
      appearance: 'Darstellung',
      notifications: 'Mitteilungen',
      writing: 'Schreiben',
      accessibility: 'Barrierefreiheit',
    },
    language: { title: 'Sprache', system: 'System' },
    name: { title: 'Anzeigename', change: 'Speichern', changed: 'Name geändert.' },
    export: 'Nachrichten herunterladen',
    exportLimit: 'Du kannst sie bis zu dreimal hintereinander herunterladen, danach einmal pro Minute.',
    theme: { title: 'Design', values: { system: 'System', light: 'Hell', dark: 'Dunkel' } },
    density: { title: 'Abstände', values: { comfortable: 'Normal', compact: 'Kompakt' } },
    clock: { title: 'Uhrzeit', values: { system: 'System', h12: '12 Stunden', h23: '24 Stunden' } },
    enter: { title: 'Enter-Taste', values: { sends: 'Nachricht senden', breaks: 'Neue Zeile' } },
    lines: {
      title: 'Wer kommt und geht',
      values: { condensed: 'Gebündelt', shown: 'Alle', hidden: 'Aus' },
    },
    level: {
      title: 'Mitteilungen für',
      values: { all: 'Alle Nachrichten', mentions: 'Erwähnungen', nothing: 'Nichts' },
      inRoom: (room: string) => `In ${room}`,
      inRoomValues: {
        same: 'Standard',
        all: 'Alle Nachrichten',
        mentions: 'Erwähnungen',
        nothing: 'Nichts',
      },
    },
    notify: {
      title: 'Mitteilungen auf dem Gerät',
      values: onOff,
      turnOn: 'Mitteilungen einschalten',
      blocked:
        'Mitteilungen sind blockiert. Erlaube sie für diese Seite in den Einstellungen deines Browsers.',
    },
    sound: { title: 'Ton', values: onOff },
    spoken: {
      title: 'Ansagen für Screenreader',
      values: { messages: 'Nachrichten', all: 'Nachrichten und Personen', nothing: 'Aus' },
    },
  },

  errors: {
    codes: {
      offline: 'Der Server ist gerade nicht erreichbar.',
      overloaded: 'Der Server ist überlastet.',
      unavailable: 'Der Server kann gerade nichts speichern.',
      rateLimited: 'Das war zu oft in kurzer Zeit.',
      internal: 'Auf dem Server ist etwas schiefgegangen.',
      tooBig: 'Das ist zu lang.',
      forbidden: 'Das darfst du nicht.',
      noRoom: 'Diesen Raum gibt es nicht, oder du hast keinen Zugang.',
      notMember: 'Tritt erst dem Raum bei.',
      readOnly: `${readOnly}.`,
      unauthenticated: signedOut,
      nameInvalid: 'Dieser Name geht nicht.',
      roomInvalid: 'Dieser Raum lässt sich nicht erstellen.',
    },
    reasons: {
      nameInvalid: {
        ...nameFaults,
        empty: 'Gib einen Namen mit mindestens einem Buchstaben, einer Ziffer oder einem Emoji ein.',
        long: `Nimm höchstens ${LIMITS.name.graphemes} Zeichen.`,
        characters: 'Entferne unsichtbare Zeichen aus deinem Namen.',
      },
      roomInvalid: {
        ...nameFaults,
        empty: 'Gib einen Raumnamen mit mindestens einem Buchstaben, einer Ziffer oder einem Emoji ein.',
        long: `Nimm höchstens ${LIMITS.roomName.graphemes} Zeichen.`,
        characters: 'Entferne unsichtbare Zeichen aus dem Raumnamen.',
        kind: 'Es lassen sich nur öffentliche Räume erstellen.',
      },
      tooBig: { topic: `Nimm höchstens ${LIMITS.topic.graphemes} Zeichen.` },
      rateLimited: { newGuests: 'Aus deinem Netzwerk sind zu viele Leute beigetreten.' },
    },
    tryAgainIn: (seconds: number) =>
      seconds < 120
        ? `Versuch es in ${seconds} s noch einmal.`
        : `Versuch es in ${Math.ceil(seconds / 60)} Minuten noch einmal.`,
    tryAgain: 'Das hat nicht geklappt. Versuch es noch einmal.',
    send: {
      tooBig: 'Sie ist zu lang.',
      forbidden: `${mayNotWrite}.`,
      noRoom: 'Du hast keinen Zugang zu diesem Raum.',
      notMember: `${noLongerMember}.`,
      readOnly: `${readOnly}.`,
      nonceReused: 'An ihrer Stelle wurde schon eine andere Nachricht gesendet.',
      gone: 'Die Nachricht, auf die du geantwortet hast, wurde gelöscht.',
      unauthenticated: 'Du bist abgemeldet.',
      late: 'Sie kam nicht rechtzeitig an.',
      other: 'Der Server hat sie abgelehnt.',
    },
    changeGone: 'Die Nachricht wurde gelöscht.',
  },
}
