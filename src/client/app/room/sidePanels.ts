import { peoplePanel } from '../../people/peoplePanel.ts'
import { sidebar } from '../../rooms/sidebar.ts'
import { readItem, webStorage } from '../../net/webStorage.ts'
import { h } from '../../ui/dom.ts'
import type { Context } from '../context.ts'
import { retryImport } from '../../ui/retryImport.ts'
import { sidePanel } from './sidePanel.ts'

/** The panel of rooms at the start of the screen and that of people at its end, each a column or a drawer. */
export function sidePanels(
  context: Context,
  { room, shell }: { room: string; shell: HTMLElement },
  on: { browse(): void },
  signal: AbortSignal,
) {
  const isFound = readItem(webStorage('localStorage'), 'rooms') !== null
  const list = sidebar(context, { room, isFound }, on, signal)
  const people = peoplePanel(context, room, signal)
  const roomsPanel = sidePanel(
    context,
    shell,
    { ...list, role: 'navigation', key: 'rooms', columnFrom: 768 },
    signal,
  )
  const peoplePart = sidePanel(
    context,
    shell,
    { ...people, role: 'complementary', key: 'people', columnFrom: 1100 },
    signal,
  )
  const close = () => roomsPanel.close() || peoplePart.close()
  function swiped(direction: 'forward' | 'back'): void {
    const [opens, closes] = direction === 'forward' ? [roomsPanel, peoplePart] : [peoplePart, roomsPanel]
    if (!closes.close()) opens.openDrawer()
  }
  if (matchMedia('(any-pointer: coarse)').matches)
    void retryImport(() => import('./swipes.ts'), signal).then((chunk) =>
      chunk?.watchSwipes(shell, { width: () => list.element.offsetWidth, swiped }, signal),
    )
  return {
    rooms: { ...list, focus: roomsPanel.focus },
    people: { ...people, focus: peoplePart.focus },
    /** covers the room beside an open drawer; pressing it closes the drawer */
    scrim: h('div', { class: 'scrim', onClick: close }),
    /** Closes the open drawer. False if none is open. */
    close,
  }
}
