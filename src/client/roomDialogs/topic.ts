import { buttons, openDialog } from '../ui/dialog.ts'
import { button, h } from '../ui/dom.ts'
import { form, textField } from '../ui/textField.ts'
import type { Context } from '../app/context.ts'
import { words } from '../words/words.ts'

interface ShownTopic {
  room: string
  text: string
  mayChange: boolean
}

/**
 * The whole topic of a room, and for those who may change it a field (U87, U194).
 * @param linked draws the addresses in a text as links
 */
export function openTopicDialog(
  { actions }: Pick<Context, 'actions'>,
  { room, text, mayChange }: ShownTopic,
  linked: (text: string) => (Node | string)[],
  signal: AbortSignal,
): void {
  const input = textField(words.rooms.topic.field, { value: text, enterkeyhint: 'done' })

  async function save(): Promise<void> {
    const failure = await actions.setTopic(room, input.field.value.trim())
    if (failure === null) dialog.close()
    else input.refuse(failure)
  }

  const dialog = openDialog({ title: words.rooms.topic.title }, signal, ({ close }) => [
    text !== '' && h('p', { class: 'wrap-anywhere', dir: 'auto' }, ...linked(text)),
    mayChange
      ? form(
          save,
          { class: 'grid gap-2' },
          input.element,
          buttons(
            button(words.common.cancel, close),
            h('button', { type: 'submit', class: 'button' }, words.common.save),
          ),
        )
      : buttons(button(words.common.close, close, { class: 'button' })),
  ])
  // Otherwise the first link has the focus. On a phone, the field would open the keyboard over the topic, if there is one.
  dialog.element.tabIndex = -1
  const toField = mayChange && (text === '' || !matchMedia('(pointer: coarse)').matches)
  ;(toField ? input.field : dialog.element).focus()
}
