import { buttons, openDialog } from '../ui/dialog.ts'
import { button, h } from '../ui/dom.ts'
import { form, textField } from '../ui/textField.ts'
import type { Context } from '../app/context.ts'
import { words } from '../words/words.ts'

/** Changes the topic of a room (U87). */
export function openTopicDialog({ store, actions }: Context, room: string, signal: AbortSignal): void {
  const topic = store.get().roomList.find((entry) => entry.room === room)?.topic ?? ''
  const input = textField(words.rooms.topic.field, { value: topic, enterkeyhint: 'done' })
  let isSaving = false

  async function save(close: () => void): Promise<void> {
    if (isSaving) return
    isSaving = true
    const failure = await actions.setTopic(room, input.field.value.trim())
    isSaving = false
    if (failure === null) close()
    else input.refuse(failure)
  }

  openDialog({ title: words.rooms.topic.title }, signal, ({ close }) => [
    form(
      () => void save(close),
      { class: 'grid gap-2' },
      input.element,
      buttons(
        button(words.common.cancel, close),
        h('button', { type: 'submit', class: 'button' }, words.common.save),
      ),
    ),
  ])
}
