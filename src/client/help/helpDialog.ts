import { buttons, openDialog } from '../ui/dialog.ts'
import { button, h } from '../ui/dom.ts'
import { shortcuts, type ShortcutRow } from '../words/english/shortcuts.ts'
import { addEnglish, words } from '../words/words.ts'

addEnglish({ shortcuts })

/** Gestures on touch, keys, and commands. On touch the keys are folded: most phones have no keyboard (U320). */
export function openHelpDialog(signal: AbortSignal): void {
  const { gestures, keyboard, keys, typed } = words.shortcuts
  const list = (rows: readonly ShortcutRow[]) =>
    h(
      'dl',
      { class: 'grid gap-x-4 gap-y-2 text-name sm:grid-cols-[fit-content(10rem)_minmax(0,1fr)]' },
      ...rows.flatMap(([what, does]) => [
        h('dt', { class: 'font-semibold' }, what),
        h('dd', { class: 'text-muted max-sm:-mt-2' }, does),
      ]),
    )
  const commands = Object.entries(words.composer.commands).map(
    ([name, effect]) => [`/${name}`, effect] as const,
  )
  const isTouch = matchMedia('(pointer: coarse)').matches
  const folded = h('summary', { class: 'min-h-11 py-2.5 font-semibold text-accent cursor-pointer' }, keyboard)
  openDialog({ title: words.help }, signal, ({ close }) => [
    list([...(isTouch ? gestures : keys), typed, ...commands]),
    isTouch && h('details', {}, folded, list(keys)),
    buttons(button(words.common.close, close, { class: 'button' })),
  ])
}
