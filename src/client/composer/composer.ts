import { LIMITS } from '../../shared/limits.ts'
import { cleanText, textFault } from '../../shared/text.ts'
import { h } from '../ui/dom.ts'
import { isolated } from '../ui/format.ts'
import { iconOf } from '../ui/icons.ts'
import { words } from '../words/words.ts'

export interface Composer {
  readonly element: HTMLFormElement
  readonly field: HTMLTextAreaElement
  /** how much room is left, or how much too long it is; '' below 90 % */
  readonly counter: HTMLElement
  /** why something was not sent */
  readonly fault: HTMLElement
  focus(): void
  text(): string
  /** Puts a text in place of what is there; `caret` in UTF-16 units, at its end if left out. */
  fill(text: string, caret?: number): void
  /** Says under the field what is wrong; '' for nothing. */
  say(message: string): void
  /** Does Enter send, or break the line? */
  enter(sends: boolean): void
  /** Instead of the placeholder: why nothing can be said here now. null: it can. */
  block(why: string | null): void
  /** The room as people call it, once that is known. */
  name(room: string): void
}

export interface ComposerEvents {
  /** Takes the message; else the text stays, and it is said why. */
  send(text: string): true | string
  /** Has the first look at a key; true: it was for them. */
  key?(event: KeyboardEvent): boolean
  changed(text: string, caret: number): void
  typing(on: boolean): void
  /** PageUp, PageDown in the empty field: −1, 1 */
  page(direction: -1 | 1): void
}

const COUNTS_FROM = LIMITS.text * 0.9

/** Where one writes (U30–U35). `coarse`: the primary pointer is a finger, so Enter breaks the line unless told otherwise. */
export function composer(at: { room: string; coarse: boolean }, on: ComposerEvents): Composer {
  let sends = !at.coarse
  let { room } = at
  let blocked: string | null = null
  const field = h('textarea', {
    rows: 1,
    name: 'message',
    enterkeyhint: sends ? 'send' : 'enter',
    autocomplete: 'off',
    autocapitalize: 'sentences',
    dir: 'auto',
    'aria-autocomplete': 'list',
    onInput: () => changed(),
    onKeydown: (event: KeyboardEvent) => pressed(event),
    onBlur: () => on.typing(false),
  })
  // T13: a tap on Send must not take the focus, or a phone's keyboard closes.
  const sendButton = h('button', {
    type: 'submit',
    class: 'send',
    'aria-label': words.composer.send,
    title: words.composer.send,
    onPointerdown: (event: Event) => event.preventDefault(),
  })
  sendButton.append(iconOf('send'))
  const counter = h('span', {})
  const fault = h('p', { class: 'fault', role: 'alert' })
  const element = h(
    'form',
    {
      class: 'composer',
      onSubmit: (event: Event) => {
        event.preventDefault()
        send()
      },
    },
    field,
    sendButton,
  )
  function name(next: string): void {
    room = next
    const message = words.composer.placeholder(isolated(room))
    field.setAttribute('aria-label', message)
    field.placeholder = blocked ?? message
    element.setAttribute('aria-label', words.composer.form(isolated(room)))
  }
  name(room)

  const grows = typeof CSS !== 'undefined' && CSS.supports('field-sizing', 'content')

  function send(): void {
    const text = cleanText(field.value)
    const wrong = textFault(text)
    if (wrong === 'blank') return
    if (wrong !== null) {
      say(words.composer.tooLong(text.length - LIMITS.text))
      return
    }
    // U33: emptied before anything else can happen, so a second Enter finds nothing.
    const before = field.value
    field.value = ''
    resize()
    const taken = on.send(text)
    if (taken === true) {
      on.typing(false)
      say('')
    } else {
      field.value = before
      resize()
      say(taken)
    }
  }

  function pressed(event: KeyboardEvent): void {
    // T4: an Enter that ends a composition is the input method's; Safari tells by 229 alone.
    if (event.isComposing || event.keyCode === 229 || on.key?.(event)) return
    if (event.key === 'Enter') {
      const always = event.metaKey || event.ctrlKey
      if (!always && (!sends || event.shiftKey || event.altKey)) return
      event.preventDefault()
      send()
    } else if (field.value === '' && (event.key === 'PageUp' || event.key === 'PageDown')) {
      event.preventDefault()
      on.page(event.key === 'PageUp' ? -1 : 1)
    }
  }

  function changed(): void {
    resize()
    say('')
    const { value } = field
    on.typing(value.trim() !== '' && !value.startsWith('/'))
    on.changed(value, field.selectionStart)
  }

  function resize(): void {
    const { length } = field.value.length < COUNTS_FROM ? field.value : cleanText(field.value)
    counter.textContent = length < COUNTS_FROM ? '' : String(LIMITS.text - length)
    counter.className = length > LIMITS.text ? 'text-danger font-semibold' : ''
    if (grows) return
    field.style.setProperty('block-size', 'auto')
    field.style.setProperty('block-size', `${field.scrollHeight}px`)
  }

  function say(message: string): void {
    if (fault.textContent !== message) fault.textContent = message
  }

  return {
    element,
    field,
    counter,
    fault,
    say,
    focus: () => field.focus({ preventScroll: true }),
    text: () => field.value,
    fill(text, caret = text.length) {
      field.value = text
      field.setSelectionRange(caret, caret)
      resize()
    },
    enter(next) {
      sends = next
      field.setAttribute('enterkeyhint', sends ? 'send' : 'enter')
    },
    block(why) {
      blocked = why
      name(room)
    },
    name,
  }
}
