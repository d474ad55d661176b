import { may } from '../../shared/policy.ts'
import { actionIcon } from '../ui/actionIcons.ts'
import { buttons, openDialog } from '../ui/dialog.ts'
import { h } from '../ui/dom.ts'
import { timeOfDay } from '../ui/format.ts'
import type { Row } from '../state/state.ts'
import type { Context } from '../app/context.ts'
import type { Jumping } from '../timeline/jumpToMessage.ts'
import type { Given, Parts } from '../app/parts.ts'
import { words } from '../words/words.ts'

/** In the header: what is pinned (U26), and what the room is about, to be changed by those who may (U87). */
export function header(
  context: Context,
  room: string,
  { options, topic, given }: Pick<Parts, 'options' | 'topic' | 'given'>,
  jumps: Jumping,
  signal: AbortSignal,
): void {
  const { store, actions } = context
  const count = h('span', { class: 'tabular-nums' })
  const open = h('button', {
    type: 'button',
    class: 'button-icon gap-1.5 px-2 text-meta',
    hidden: true,
    'aria-haspopup': 'dialog',
    onClick: () => openPins(context, room, jumps, given, signal),
  })
  open.append(actionIcon('pin'), count)
  options.prepend(open)

  store.watch(
    (state) => {
      const known = state.rooms[room]
      return known?.sync.state === 'live' ? known.pins : undefined
    },
    (pins) => {
      if (pins === null) actions.loadPins(room)
      const all = pins?.length ?? 0
      // While it is asked for anew the button stays as it was, so nothing jumps.
      if (pins === null || pins === undefined) return
      open.hidden = all === 0
      count.textContent = String(all)
      open.setAttribute('aria-label', words.rooms.pins.count(all))
      open.title = words.rooms.pins.title
    },
    signal,
  )
  // One button for all of it: the focus comes back to it when the topic it opened is there.
  const change = h('button', {
    type: 'button',
    class: 'topic-button',
    onClick: () => openTopic(context, room, signal),
  })
  store.watch(
    ({ rooms, self, list }) => {
      const role = rooms[room]?.you?.role
      if (self === null || self === 'unknown' || role === undefined) return ''
      if (!may({ id: self.id, role }, 'topic')) return ''
      const none = (list.find((entry) => entry.room === room)?.topic ?? '') === ''
      return none ? words.rooms.topic.add : words.rooms.topic.change
    },
    (label) => {
      // Not only hidden: F6 looks for the first button there is.
      if (label === '') return change.remove()
      if (!change.isConnected) topic.after(change)
      // An icon alone, where there is nothing it stands beside, says too little.
      change.replaceChildren(label === words.rooms.topic.add ? label : actionIcon('pencil'))
      change.setAttribute('aria-label', label)
      change.title = label
    },
    signal,
  )
}

function openPins(
  { store }: Context,
  room: string,
  jumps: Jumping,
  { nameOf }: Given,
  signal: AbortSignal,
): void {
  const pins = store.get().rooms[room]?.pins ?? []
  const go = (row: Row) => () => {
    dialog.close()
    if (row.seq !== null) void jumps.to(row.seq)
  }
  const rows = pins.map((row) => {
    const button = h('button', { type: 'button', class: 'row-button py-2', onClick: go(row) })
    const text = row.text?.trim() ?? ''
    button.append(
      h(
        'span',
        { class: 'grid min-w-0' },
        h(
          'span',
          { class: 'flex items-baseline gap-2' },
          nameOf(row.user),
          h('time', { class: 'text-time text-muted' }, timeOfDay(row.at, store.get().settings.clock)),
        ),
        h('span', { class: 'line-clamp-2 wrap-anywhere', dir: 'auto' }, text),
      ),
    )
    return h('li', {}, button)
  })
  const done = h(
    'button',
    { type: 'button', class: 'button-quiet', onClick: () => dialog.close() },
    words.common.close,
  )
  const dialog = openDialog(
    { title: words.rooms.pins.title },
    signal,
    h('ul', { role: 'list', class: '-mx-3' }, ...rows),
    buttons(done),
  )
}

function openTopic({ store, actions }: Context, room: string, signal: AbortSignal): void {
  const before = store.get().list.find((entry) => entry.room === room)?.topic ?? ''
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
  const form = h(
    'form',
    {
      class: 'grid gap-2',
      onSubmit: (event: Event) => {
        event.preventDefault()
        void set()
      },
    },
    h('label', { for: 'topic', class: 'text-name font-semibold' }, words.rooms.topic.field),
    field,
    fault,
    buttons(
      h(
        'button',
        { type: 'button', class: 'button-quiet', onClick: () => dialog.close() },
        words.common.cancel,
      ),
      h('button', { type: 'submit', class: 'button' }, words.common.save),
    ),
  )
  async function set(): Promise<void> {
    if (busy) return
    busy = true
    const fail = await actions.setTopic(room, field.value.trim())
    busy = false
    if (fail === null) return dialog.close()
    fault.textContent = fail
    field.focus()
  }
  const dialog = openDialog({ title: words.rooms.topic.title }, signal, form)
}
