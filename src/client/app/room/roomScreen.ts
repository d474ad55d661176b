import { announceRoom } from '../../timeline/screenReader.ts'
import { roomPeople } from '../../people/peopleList.ts'
import { emptyRoom } from '../../rooms/emptyRoom.ts'
import { markAllReadButton } from '../../rooms/markAllReadButton.ts'
import { roomHeader } from '../../rooms/roomHeader.ts'
import { roomMenu } from '../../rooms/roomMenu.ts'
import { sidebar } from '../../rooms/sidebar.ts'
import { saveRooms, savedRooms } from '../../net/savedRooms.ts'
import { confirmAndSignOut } from '../../session/confirmSignOut.ts'
import { idOf } from '../../state/state.ts'
import { h } from '../../ui/dom.ts'
import { swipe } from '../../ui/drawer/swipe.ts'
import { trapFocus } from '../../ui/drawer/trapFocus.ts'
import { focusSoon } from '../../ui/focusSoon.ts'
import { keyboardSpace } from '../../ui/keyboardSpace.ts'
import { createAnnouncer } from '../../ui/liveRegions.ts'
import { refuseFiles } from '../../ui/refuseFiles.ts'
import { statusLine } from '../../ui/statusLine.ts'
import { bannerLine } from './bannerLine.ts'
import type { Context } from '../context.ts'
import { watchDisconnects } from './disconnectedDialog.ts'
import { openHelp } from './helpDialog.ts'
import { inviteWays } from './inviteWays.ts'
import { lazyDialogs } from './lazyDialogs.ts'
import { pageShortcuts } from './pageShortcuts.ts'
import { roomComposer } from './roomComposer.ts'
import { roomShortcuts } from './roomShortcuts.ts'
import { roomTimeline } from './roomTimeline.ts'
import { setShownRoom } from './shownRoom.ts'
import { words } from '../../words/words.ts'

/** A room as its people see it, at `seq` if one is named. Everything that goes on ends with `signal`. */
export function roomScreen(
  context: Context,
  { room, seq }: { room: string; seq?: number },
  signal: AbortSignal,
): HTMLElement {
  const { store, actions, router } = context
  actions.openRoom(room)
  const me = idOf(store.get()) ?? ''
  const recent = [room, ...savedRooms('recent', me).filter((recentRoom) => recentRoom !== room)]
  const help = () => openHelp(signal)

  const announcer = createAnnouncer(signal)
  const status = statusLine(announcer.say, signal)
  const dialogs = lazyDialogs(context, room, status.say, signal)
  const invite = inviteWays(room, dialogs, status.say)
  const composer = roomComposer(
    context,
    room,
    { banner: bannerLine(context, announcer, signal), status: status.element },
    {
      sent() {
        timeline.sent()
        timeline.reading.end()
      },
      toEnd: () => timeline.toEnd(),
      isAtEnd: () => timeline.position() === null,
      page: (direction) => timeline.page(direction),
      help,
    },
    signal,
  )
  const timeline = roomTimeline(
    context,
    { room, seq, empty: emptyRoom(invite) },
    {
      say: status.say,
      fault: composer.say,
      reply: composer.modes.reply,
      edit: composer.modes.edit,
      takeBack: composer.takeBack,
      leave: composer.focus,
    },
    signal,
  )

  setShownRoom({ room, isAtEnd: () => timeline.position() === null }, signal)

  const shell = h('div', { class: 'shell' })
  const skip = h('a', { class: 'skip', href: '#message' }, words.timeline.skipToComposer)
  skip.addEventListener('click', (event) => {
    event.preventDefault()
    composer.focus()
  })
  const main = h('main', { class: 'contents' }, timeline.element, composer.foot)
  const side = sidebar(
    context,
    { room, shell, people: roomPeople(context, room, signal) },
    { rooms: () => void dialogs.openRooms() },
    signal,
  )
  const markAllRead = markAllReadButton(
    context,
    side,
    { say: status.say, focusElsewhere: composer.focus },
    signal,
  )
  const menu = roomMenu(
    context,
    { room, me, markAllRead },
    {
      ...invite,
      say: status.say,
      reorder: side.reorder,
      settings: () => void dialogs.openSettings(),
      help,
      async signOut() {
        if (await confirmAndSignOut(context, signal)) router.navigate('/')
      },
    },
    signal,
  )
  const header = roomHeader(
    context,
    { room, people: side.toggle, menu },
    { jump: (to) => void timeline.jumps.to(to) },
    signal,
  )
  side.covers([skip, header.element, main])
  shell.append(skip, side.element, side.scrim, header.element, main, announcer.element)

  keyboardSpace(shell, signal)
  refuseFiles(signal)
  trapFocus(side.element, signal)
  swipe(shell, side.element, side, signal)
  roomShortcuts(context, { room, side }, { switchRoom: () => void dialogs.openSwitcher(recent) }, signal)
  pageShortcuts(
    [
      { holds: header.element, focus: () => header.element.querySelector<HTMLElement>('button')?.focus() },
      { holds: timeline.element, focus: timeline.focus },
      { holds: side.element, focus: side.focus },
      { holds: composer.element, focus: composer.focus },
    ],
    {
      help,
      escape() {
        if (side.close() || composer.modes.end()) return
        timeline.reading.end()
        timeline.toEnd()
      },
    },
    signal,
  )
  announceRoom(context, room, announcer, signal)
  watchDisconnects(context, signal)
  store.watch(
    ({ storageBlocked }) => storageBlocked,
    (isForgetful) => isForgetful && status.say(words.connection.storageBlocked),
    signal,
  )

  saveRooms('recent', me, recent)
  if (seq !== undefined) void timeline.jumps.to(seq, true)
  // A9, T13: with a finger the focus on the field would open the keyboard over the room.
  const coarse = matchMedia('(pointer: coarse)').matches
  focusSoon(coarse ? header.title : composer.field, signal)
  return shell
}
