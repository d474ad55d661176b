import { buttons, openDialog } from '../ui/dialog.ts'
import { h } from '../ui/dom.ts'
import type { Context } from '../app/context.ts'
import { words } from '../words/words.ts'

/** Changes the topic of a room (U87). */
export function openTopicDialog({ store, actions }: Context, room: string, signal: AbortSignal): void {
  const before = store.get().roomList.find((entry) => entry.room === room)?.topic ?? ''
  const fault = h('p', { id: 'topic-fault', class: 'fault', role: 'alert' })
  const field = h('input', {
    id: 'topic',
    class: 'field',
    type: 'text',
    value: before,
    autocomplete: 'off',
    enterkeyhint: 'done',
    dir: 'auto',
    'aria-describedby': fault.id,
  })
  let busy = false

  async function save(close: () => void): Promise<void> {
    if (busy) return
    busy = true
    const fail = await actions.setTopic(room, field.value.trim())
    busy = false
    if (fail === null) return close()
    fault.textContent = fail
    field.focus()
  }

  openDialog({ title: words.rooms.topic.title }, signal, ({ close }) => [
    h(
      'form',
      {
        class: 'grid gap-2',
        onSubmit: (event: Event) => {
          event.preventDefault()
          void save(close)
        },
      },
      h('label', { for: 'topic', class: 'text-name font-semibold' }, words.rooms.topic.field),
      field,
      fault,
      buttons(
        h('button', { type: 'button', class: 'button-quiet', onClick: close }, words.common.cancel),
        h('button', { type: 'submit', class: 'button' }, words.common.save),
      ),
    ),
  ])
}
