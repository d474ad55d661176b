import { CLOSE } from '../../../shared/errors.ts'
import type { User } from '../../../shared/model.ts'
import { linkedText } from '../../timeline/formatText.ts'
import { copyText } from '../../ui/transfer/copyText.ts'
import { confirmAndSignOut } from '../../session/confirmSignOut.ts'
import { buttons, openDialog } from '../../ui/dialog.ts'
import { toast } from '../../ui/toast.ts'
import { button, h } from '../../ui/dom.ts'
import { iconButton } from '../../ui/icons.ts'
import { retryable } from '../../ui/retryImport.ts'
import { roomAddress, roomName } from '../../state/roomName.ts'
import { loadMenu } from '../../timeline/loadMenu.ts'
import type { RoomMenuEvents } from '../../roomDialogs/roomMenu.ts'
import type { Context, PageContext } from '../context.ts'
import { collectKeys } from './collectKeys.ts'
import { words } from '../../words/words.ts'

const loadSettings = retryable(() => import('../../settings/settingsDialog.ts'))
const loadRoomDialogs = retryable(() => import('../../roomDialogs/roomDialogs.ts'))
const loadHelp = retryable(() => import('../../help/helpDialog.ts'))
const loadPersonCard = retryable(() => import('../../people/personCard.ts'))
const loadInvite = retryable(() => import('../../invite/inviteDialog.ts'))

/** Chunks that a later press needs, also while the server is away. */
export const dialogChunks = [loadMenu, loadPersonCard, loadSettings, loadRoomDialogs, loadInvite, loadHelp]

/**
 * The dialogs of a room, in chunks of their own, which the first drawing does not need.
 * @param say shows a short message
 */
export function roomDialogs(
  context: Context,
  room: string,
  say: (message: string) => void,
  signal: AbortSignal,
) {
  const link = () => location.origin + roomAddress(context.store.get(), room)

  /** @param letters what is typed while the chunk loads is meant for the dialog, which gets it as `typed` */
  async function open<Chunk>(
    load: () => Promise<Chunk>,
    show: (chunk: Chunk, typed: string) => void,
    letters = false,
  ): Promise<void> {
    const keys = collectKeys(letters, signal)
    try {
      const chunk = await load().finally(keys.end)
      const typed = keys.end()
      // While the chunk was loading, the room may have been left or another dialog opened.
      const isWanted = typed !== null && !signal.aborted && document.querySelector('dialog[open]') === null
      if (isWanted) show(chunk, typed)
    } catch {
      const isConnected = context.store.get().connection.state === 'live'
      say(isConnected ? words.common.notLoaded : words.common.notConnected)
    }
  }

  const dialogs = {
    /** The button that opens the room's menu. */
    menuButton(on: Pick<RoomMenuEvents, 'reorder' | 'markAllRead' | 'jumpToDate'>): HTMLButtonElement {
      const press = (event: Event) => {
        if (opener.ariaExpanded === 'true') return
        // The browser would at once close the menu that opens here.
        event.preventDefault()
        // Pressed by a key, not by a pointer
        const byKey = (event as MouseEvent).detail === 0
        void open(loadRoomDialogs, (chunk) =>
          chunk.openRoomMenu(context, { room, opener, byKey }, { ...dialogs, say, ...on }, signal),
        )
      }
      const attributes = { 'aria-expanded': 'false', popovertarget: 'menu' }
      const opener = iconButton('more', words.rooms.menu.title, press, attributes)
      return opener
    },
    help: () => open(loadHelp, (chunk) => chunk.openHelpDialog(signal)),
    /** @param mention writes a name into the composer */
    person: (person: User, opener: HTMLElement, mention: (name: string) => void) =>
      open(loadPersonCard, (chunk) =>
        chunk.openPersonCard(context.store, { room, person, opener }, mention, signal),
      ),
    settings: () =>
      open(loadSettings, (chunk) => chunk.openSettingsDialog(context, room, dialogs.signOut, signal)),
    async signOut(): Promise<void> {
      if (!(await confirmAndSignOut(context, words.session.signOutTitle, signal))) return
      context.router.navigate('/')
      toast(words.connection.stopped.noSession.title)
    },
    rooms: () => open(loadRoomDialogs, (chunk, typed) => chunk.openRoomsDialog(context, typed, signal), true),
    /** @param recent rooms by their last visit, the latest first */
    switchRoom: (recent: readonly string[]) =>
      open(
        loadRoomDialogs,
        (chunk, typed) => chunk.openSwitcherDialog(context, { room, recent, typed }, signal),
        true,
      ),
    topic: (text: string, mayChange: boolean) =>
      open(loadRoomDialogs, (chunk) =>
        chunk.openTopicDialog(context, { room, text, mayChange }, linkedText, signal),
      ),
    showCode: () =>
      open(loadInvite, (chunk) =>
        chunk.openInviteDialog(
          roomName(context.store.get(), room),
          link(),
          () => void dialogs.copyLink(),
          signal,
        ),
      ),
    /** Copies the room's link. If the browser refuses, the dialog shows the link. */
    async copyLink(): Promise<void> {
      try {
        await copyText(link())
        say(words.common.linkCopied)
      } catch {
        await dialogs.showCode()
      }
    },
  }
  return dialogs
}

/** Once a connection has ended for good, a dialog says why. Nothing is retried until its one button is pressed (U55). */
export function explainDisconnects({ store, actions, router }: PageContext, signal: AbortSignal): void {
  const { stopped } = words.connection
  const reload = () => location.reload()

  function explanationOf(code: number) {
    // prettier-ignore
    switch (code) {
      case CLOSE.noSession: return { ...stopped.noSession, run: reload }
      case CLOSE.banned: return { ...stopped.banned, run: () => router.navigate('/') }
      case CLOSE.tooMany: return { ...stopped.tooMany, run: () => actions.reconnect() }
      case CLOSE.version: return { ...stopped.version, run: reload }
      default: return { ...stopped.other, run: reload }
    }
  }

  store.watch(
    ({ connection, self }) =>
      connection.state === 'stopped' && self !== null && self !== 'unknown' ? connection.code : null,
    (code) => {
      if (code === null) return
      const { title, text, action, run } = explanationOf(code)
      openDialog({ title, final: true }, signal, ({ close }) => {
        const go = () => {
          close()
          run()
        }
        return [h('p', {}, text), buttons(button(action, go, { class: 'button' }))]
      })
    },
    signal,
  )
}
