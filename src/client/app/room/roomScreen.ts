import { linkedText, loadMarkdown } from '../../timeline/formatText.ts'
import { announceRoom } from '../../timeline/screenReader.ts'
import { emptyRoom } from '../../rooms/emptyRoom.ts'
import { roomHeader } from '../../rooms/roomHeader.ts'
import { undoLine } from '../../rooms/undoLine.ts'
import { saveRooms, savedRooms } from '../../net/savedRooms.ts'
import { idOf } from '../../state/state.ts'
import { h } from '../../ui/dom.ts'
import { focusSoon } from '../../ui/focus/focusSoon.ts'
import { keyboardSpace } from '../../ui/keyboardSpace.ts'
import { createAnnouncer } from '../../ui/liveRegions.ts'
import { refuseFiles } from '../../ui/transfer/refuseFiles.ts'
import { removeToast, toast } from '../../ui/toast.ts'
import { banner } from './banner.ts'
import type { Context, PageContext } from '../context.ts'
import { roomDialogs } from './dialogs.ts'
import { roomComposer } from './roomComposer.ts'
import { roomTimeline } from './roomTimeline.ts'
import { shortcuts } from './shortcuts.ts'
import { sidePanels } from './sidePanels.ts'
import { words } from '../../words/words.ts'

/** The room on screen. */
let shown: { room: string; isAtEnd(): boolean } | null = null

/** Is the person looking at the newest messages of this room in this tab? Then they need no notification. */
export function isAttended(room: string): boolean {
  return shown?.room === room && !document.hidden && document.hasFocus() && shown.isAtEnd()
}

/** The screen of a room, at `seq` if given. Its watches, listeners and dialogs end with `signal`. */
export function roomScreen(
  page: PageContext,
  { room, seq }: { room: string; seq?: number },
  signal: AbortSignal,
): HTMLElement {
  const { store, actions } = page
  const context: Context = {
    ...page,
    showPerson: (person, opener) => void dialogs.person(person, opener, mention),
    emojiMemory: {
      get: () => store.get().settings.emoji,
      set: (emoji) => actions.chooseSettings({ emoji }),
    },
  }
  function mention(name: string): void {
    // The drawer covers the composer.
    panels.close()
    composer.mention(name)
  }
  actions.openRoom(room)
  const me = idOf(store.get()) ?? ''
  const recent = [room, ...savedRooms('recent', me).filter((recentRoom) => recentRoom !== room)]

  const announcer = createAnnouncer(signal)
  /** Confirms an action. A fault from before no longer holds. */
  function say(message: string): void {
    if (signal.aborted) return
    composer.say('')
    toast(message, timeline.element, announcer.say)
  }
  /** What had the focus goes away. On a phone, the composer would open the keyboard over the messages. */
  const focusElsewhere = () => (matchMedia('(pointer: coarse)').matches ? timeline.focus() : composer.focus())
  const undo = undoLine(context, { say, announce: announcer.say, focusElsewhere }, signal)
  const dialogs = roomDialogs(context, room, say, signal)
  const isAtEnd = () => timeline.position() === null
  const composer = roomComposer(
    context,
    room,
    { banner: banner(context, announcer, focusElsewhere, signal), undo: undo.element },
    {
      sent() {
        timeline.sent()
        timeline.reading.end()
      },
      toEnd: () => timeline.toEnd(),
      isAtEnd,
      page: (direction) => timeline.page(direction),
      help: dialogs.help,
      editing: (id) => timeline.markEditing(id),
      announce: announcer.say,
    },
    signal,
  )
  const timeline = roomTimeline(
    context,
    { room, seq, empty: emptyRoom(dialogs) },
    {
      say,
      fault(message) {
        removeToast()
        composer.say(message)
      },
      reply: composer.modes.reply,
      edit: composer.modes.edit,
      takeBack: composer.takeBack,
      leave: composer.focus,
    },
    signal,
  )

  const onScreen = { room, isAtEnd }
  shown = onScreen
  signal.addEventListener('abort', () => {
    if (shown === onScreen) shown = null
  })

  const shell = h('div', { class: 'shell' })
  const skip = h('a', { class: 'skip not-focus:sr-only', href: '#message' }, words.timeline.skipToComposer)
  skip.addEventListener('click', (event) => {
    event.preventDefault()
    composer.focus()
  })
  const main = h('main', { class: 'contents' }, timeline.element, composer.foot)
  const panels = sidePanels(context, { room, shell }, { browse: () => void dialogs.rooms() }, signal)
  const { rooms, people } = panels
  const menu = dialogs.menuButton({
    reorder: rooms.reorder,
    markAllRead: undo.markAllRead,
    jumpToDate: () => timeline.jumps.toDay(Date.now()),
  })
  const header = roomHeader(
    context,
    { room, rooms: rooms.toggle, people: people.toggle, menu },
    {
      pins: timeline.showPins,
      topic: (text, mayChange) => void dialogs.topic(text, mayChange),
      linked: linkedText,
      linksLoaded: loadMarkdown(),
    },
    signal,
  )
  shell.append(skip, rooms.element, header.element, ...(rooms.strip ? [rooms.strip] : []))
  shell.append(main, people.element, panels.scrim, announcer.element)

  keyboardSpace(shell, signal)
  refuseFiles(() => say(words.composer.noFiles), signal)
  // In the order of Tab.
  const parts = [
    rooms,
    { element: header.element, focus: () => header.element.querySelector<HTMLElement>('button')?.focus() },
    { element: timeline.element, focus: timeline.focus },
    { element: composer.element, focus: composer.focus },
    people,
  ]
  shortcuts(
    context,
    { room, rooms: rooms.rooms, parts },
    {
      help: dialogs.help,
      switchRoom() {
        // Where the focus is now, the dialog returns it.
        if (document.activeElement === document.body) composer.focus()
        void dialogs.switchRoom(recent)
      },
      markAllRead: undo.markAllRead,
      write: composer.focus,
      escape() {
        if (!panels.close()) composer.modes.end()
      },
    },
    signal,
  )
  announceRoom(context, room, announcer, signal)
  store.watch(
    ({ storageBlocked }) => storageBlocked,
    (isBlocked) => isBlocked && say(words.connection.storageBlocked),
    signal,
  )

  saveRooms('recent', me, recent)
  if (seq !== undefined) void timeline.jumps.to(seq, true)
  // On a phone, focus on the text field would open the keyboard over the room (A9).
  const coarse = matchMedia('(pointer: coarse)').matches
  focusSoon(coarse ? header.title : composer.field, signal)
  return shell
}
