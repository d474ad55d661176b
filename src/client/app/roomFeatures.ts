/** What the room's screen does beyond its first drawing, as a chunk of its own (W1). */
import { mentionsName } from '../../shared/text.ts'
import { announcer } from '../ui/liveRegions.ts'
import { extras, wordsOf } from '../timeline/messageDecorations.ts'
import { fullDate } from '../ui/format.ts'
import { idOf } from '../state/state.ts'
import { allRead } from '../rooms/markAllReadButton.ts'
import { announce } from '../notifications/screenReader.ts'
import type { Context } from './context.ts'
import { header } from '../rooms/roomHeader.ts'
import { invite } from '../rooms/inviteButtons.ts'
import { jumping } from '../timeline/jumpToMessage.ts'
import { keepFocus } from '../ui/drawer/trapFocus.ts'
import { keyboard } from './pageShortcuts.ts'
import { keyboardSpace } from '../ui/keyboardSpace.ts'
import { refuseFiles } from '../ui/refuseFiles.ts'
import type { More, Parts } from './parts.ts'
import { navigation } from './roomShortcuts.ts'
import { notes } from '../ui/statusLine.ts'
import { keepPlaces } from '../rooms/keepVisitedRooms.ts'
import { openLater, roomMenu } from '../rooms/roomMenu.ts'
import { rowActions } from '../timeline/messageActions.ts'
import { explainStops } from './disconnectedDialog.ts'
import { reading } from '../timeline/readTracking.ts'
import { emojiButton } from '../composer/emojiButton.ts'
import { suggesting } from '../composer/suggestions.ts'
import { swipe } from '../ui/drawer/swipe.ts'
import { writing } from '../composer/composerModes.ts'

/** Whoever has not scrolled for so long (ms) stands where they read. */
const STANDS = 400

/** Furnishes the room: everything that goes on ends with `signal`. */
export function furnish(
  context: Context,
  { room, seq }: { room: string; seq?: number },
  drawn: Omit<Parts, 'spoken'>,
  signal: AbortSignal,
): More {
  const { store, actions } = context
  const spoken = announcer(signal)
  const parts: Parts = { ...drawn, spoken }
  const { messages, side, write } = parts
  parts.shell.append(spoken.element)
  keyboardSpace(parts.shell, signal)
  refuseFiles(signal)
  keepFocus(side.element, signal)
  const me = idOf(store.get()) ?? ''
  const note = notes(parts, signal)
  store.watch(
    ({ storageBlocked }) => storageBlocked,
    (is) => is && note('This browser keeps nothing: what is not sent goes with the page'),
    signal,
  )
  const jumps = jumping(context, room, { messages, say: note }, signal)
  const dialog = (open: Parameters<typeof openLater>[0]) => void openLater(open, note)
  const aims = writing(context, room, parts)
  const offers = suggesting(context, room, parts, signal)
  emojiButton(parts.write, signal)
  const tell = (done: true | string) => {
    if (done !== true) write.say(done)
  }
  const rows = rowActions(context, room, { messages, write, note, tell }, aims, signal)
  let format = (text: string): Node[] => [document.createTextNode(text)]
  announce(context, room, parts, (text) => wordsOf(format(text)), signal)

  const rich = extras({
    react: (id, emoji, on) => tell(actions.react(room, id, emoji, on)),
    jump: (to) => void jumps.to(to),
    retry: (key) => tell(actions.retry(room, key)),
    drop: (key) => actions.drop(room, key),
    mentionsMe(text) {
      const { self } = store.get()
      return self !== null && self !== 'unknown' && mentionsName(text, self.name)
    },
    when: (at) => fullDate(at, store.get().settings.clock),
    format: (text) => format(text),
    ...parts.given,
  })
  messages.enrich(rich)
  const loadProse = async () => (await import('../timeline/markdown/markdown.ts')).prepare()
  void parts.given.untilLoaded(loadProse, signal).then((prose) => {
    if (prose === null || signal.aborted) return
    format = prose
    messages.enrich(rich)
  })

  // What messages answer, and what is pinned, is asked for where it is not here.
  store.watch(
    (state) => state.rooms[room],
    (state) => {
      if (state === undefined) return
      const { rows: live, historyWindow } = state
      const wanted = (historyWindow?.rows ?? live).flatMap(({ replyTo, text }) =>
        replyTo && text !== null ? [replyTo] : [],
      )
      if (wanted.length > 0) actions.loadQuotes(room, wanted)
    },
    signal,
  )
  const all = allRead(context, { ...parts, say: note }, signal)
  const on = { me, allRead: all, said: note, order: side.order, help: parts.help, ...parts.given }
  const options = roomMenu(context, room, on, signal)
  header(context, room, parts, jumps, signal)
  parts.options.append(options.button, options.panel)
  const ways = parts.empty.querySelector('.ways')
  if (ways) invite(ways, room, note, signal)
  explainStops(context, signal)
  const recent = [room, ...parts.given.placesOf('recent', me).filter((one) => one !== room)]
  keepPlaces('recent', me, recent)
  let stands: ReturnType<typeof setTimeout> | undefined
  const moved = () => {
    clearTimeout(stands)
    stands = setTimeout(parts.leave, STANDS)
  }
  messages.rows.closest('.log')?.addEventListener('scroll', moved, { passive: true, signal })
  signal.addEventListener('abort', () => clearTimeout(stands), { once: true })
  const ask = () =>
    dialog(({ openSwitcher }) =>
      openSwitcher(context, { room, recent, countOf: parts.given.countOf }, signal),
    )
  navigation(context, { room, side }, { ask }, signal)
  const shell = side.element.parentElement
  if (shell) swipe(shell, side.element, side, signal)
  const eyes = reading(context, { room, ...(seq !== undefined && { seq }) }, parts, jumps, signal)
  keyboard(parts, aims, { help: parts.help, end: eyes.end }, signal)
  if (seq !== undefined) void jumps.to(seq, true)

  return {
    spoken,
    send(text) {
      const taken = aims.send(text)
      if (taken === true) eyes.end()
      return taken
    },
    key: (event) => offers.key(event) || aims.key(event),
    changed() {
      offers.look()
      return aims.drafts()
    },
    act: rows.act,
    ended: eyes.pass,
    rooms: () => dialog(({ openRooms }) => openRooms(context, signal)),
  }
}
