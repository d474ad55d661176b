import type { Composer } from '../components/composer.ts'
import type { Context } from './context.ts'

/** A draft is stored this long (ms) after a change (U34). */
const SETTLES = 300

export interface DraftKeeper {
  changed(text: string, caret: number): void
  /** The text was handed over: the outbox deletes the draft with what it stores. */
  sent(): void
}

/** Brings back what was being written here, unless something is being written already, and keeps it from then on. */
export function draftKeeper(
  { actions }: Context,
  room: string,
  field: Composer,
  signal: AbortSignal,
): DraftKeeper {
  let timer: ReturnType<typeof setTimeout> | null = null
  let waiting: { text: string; caret: number } | null = null
  let touched = false

  function store(): void {
    if (timer !== null) clearTimeout(timer)
    timer = null
    if (waiting !== null) actions.saveDraft(room, waiting.text, waiting.caret)
    waiting = null
  }

  void actions.draft(room).then((draft) => {
    if (!signal.aborted && !touched && field.text() === '' && draft.text !== '')
      field.fill(draft.text, draft.caret)
  })
  window.addEventListener('pagehide', store, { signal })
  document.addEventListener('visibilitychange', store, { signal })
  signal.addEventListener('abort', store, { once: true })

  return {
    changed(text, caret) {
      touched = true
      waiting = { text, caret }
      if (timer !== null) clearTimeout(timer)
      timer = setTimeout(store, SETTLES)
    },
    sent() {
      touched = true
      waiting = null
      if (timer !== null) clearTimeout(timer)
      timer = null
    },
  }
}
