import { buttons, openDialog } from '../../ui/dialog.ts'
import { button, h } from '../../ui/dom.ts'
import { words } from '../../words/words.ts'

/** `2026-09-05`, as a field for a date reads and writes a day of the reader's calendar. */
const dateOf = (at: number) =>
  new Date(at - new Date(at).getTimezoneOffset() * 60_000).toISOString().slice(0, 10)

/** Asks for a day. @param choose gets the time (ms) at which the day begins */
export function openDayDialog(at: number, choose: (day: number) => void, signal: AbortSignal): void {
  const { date, jump } = words.messageMenu
  openDialog({ title: words.timeline.jumpToDate }, signal, ({ close }) => {
    const attributes = {
      type: 'date',
      class: 'field',
      value: dateOf(at),
      max: dateOf(Date.now()),
      required: true,
    }
    const field = h('input', { ...attributes, 'aria-label': date })
    const submit = (event: Event) => {
      event.preventDefault()
      const day = new Date(`${field.value}T00:00`).getTime()
      close()
      if (!Number.isNaN(day)) choose(day)
    }
    return [
      h(
        'form',
        { class: 'grid gap-2', onSubmit: submit },
        field,
        buttons(button(words.common.cancel, close), h('button', { type: 'submit', class: 'button' }, jump)),
      ),
    ]
  })
}
