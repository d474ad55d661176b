import { LIMITS } from '../../shared/limits.ts'
import { cleanText, textFault } from '../../shared/text.ts'
import type { RoomState } from '../state/state.ts'
import { h } from '../ui/dom.ts'
import { pickEmoji } from '../ui/emoji/pickEmoji.ts'
import { isolated } from '../ui/format.ts'
import { iconButton } from '../ui/icons.ts'
import { words } from '../words/words.ts'

export type Composer = ReturnType<typeof composer>

export interface ComposerEvents {
  /** Sends the text. @returns a reason if it cannot be sent; the text then stays in the field */
  send(text: string): true | string
  /** Sees each key first. @returns true if it handled the key */
  key?(event: KeyboardEvent): boolean
  changed(text: string, caret: number): void
  typing(isTyping: boolean): void
  /** PageUp or PageDown was pressed in the empty field. */
  page(direction: -1 | 1): void
}

const COUNTS_FROM = LIMITS.text * 0.9

/** The field to write in (U30–U35). */
export function composer(on: ComposerEvents, signal: AbortSignal) {
  let enterSends = true
  let roomName = ''
  let blocked: string | null = null
  const field = h('textarea', {
    rows: 1,
    name: 'message',
    autocomplete: 'off',
    autocapitalize: 'sentences',
    dir: 'auto',
    'aria-autocomplete': 'list',
    onInput,
    onKeydown,
    onBlur: () => on.typing(false),
  })
  const emojiButton = iconButton('smile', words.emoji.title, openEmojiPicker, {
    class: 'emoji-button',
    'aria-haspopup': 'dialog',
  })
  const sendButton = iconButton('send', words.composer.send, () => {}, {
    type: 'submit',
    class: 'send',
    // A tap must not take the focus from the field, or a phone closes its keyboard.
    onPointerdown: (event: Event) => event.preventDefault(),
  })
  const counter = h('span')
  const fault = h('p', { class: 'fault', role: 'alert' })
  const onSubmit = (event: Event) => {
    event.preventDefault()
    send()
  }
  const element = h('form', { class: 'composer', onSubmit }, field, emojiButton, sendButton)
  const growsByItself = typeof CSS !== 'undefined' && CSS.supports('field-sizing', 'content')

  function drawLabels(): void {
    const placeholder = words.composer.placeholder(isolated(roomName))
    field.setAttribute('aria-label', placeholder)
    field.placeholder = blocked ?? placeholder
    element.setAttribute('aria-label', words.composer.form(isolated(roomName)))
  }

  /** Does Enter send, or break the line? */
  function setEnterSends(sends: boolean): void {
    enterSends = sends
    field.setAttribute('enterkeyhint', sends ? 'send' : 'enter')
  }

  function send(): void {
    const text = cleanText(field.value)
    const problem = textFault(text)
    if (problem === 'blank') return
    if (problem !== null) return say(words.composer.tooLong(text.length - LIMITS.text))
    // The field is emptied before anything else happens, so that a second Enter finds nothing to send (U33).
    const before = field.value
    fill('')
    const result = on.send(text)
    if (result !== true) fill(before)
    else on.typing(false)
    say(result === true ? '' : result)
  }

  function onKeydown(event: KeyboardEvent): void {
    // An Enter that ends an input method's composition does not send; Safari reports it as key code 229 only (U31).
    if (event.isComposing || event.keyCode === 229 || on.key?.(event)) return
    const isPage = event.key === 'PageUp' || event.key === 'PageDown'
    if (event.key === 'Enter') {
      const isForced = event.metaKey || event.ctrlKey
      if (!isForced && (!enterSends || event.shiftKey || event.altKey)) return
      event.preventDefault()
      send()
    } else if (isPage && field.value === '') {
      event.preventDefault()
      on.page(event.key === 'PageUp' ? -1 : 1)
    }
  }

  function onInput(): void {
    resize()
    say('')
    const { value } = field
    on.typing(value.trim() !== '' && !value.startsWith('/'))
    on.changed(value, field.selectionStart)
  }

  function openEmojiPicker(): void {
    const { right, left, top } = emojiButton.getBoundingClientRect()
    void pickEmoji({ x: document.dir === 'rtl' ? left : right, y: top - 400 }, insert, say, signal)
  }

  /** Replaces the selection. */
  function insert(text: string): void {
    field.setRangeText(text, field.selectionStart, field.selectionEnd, 'end')
    field.dispatchEvent(new Event('input', { bubbles: true }))
    focus()
  }

  function resize(): void {
    const { length } = field.value.length < COUNTS_FROM ? field.value : cleanText(field.value)
    counter.textContent = length < COUNTS_FROM ? '' : String(LIMITS.text - length)
    counter.className = length > LIMITS.text ? 'text-danger font-semibold' : ''
    if (growsByItself) return
    field.style.setProperty('block-size', 'auto')
    field.style.setProperty('block-size', `${field.scrollHeight}px`)
  }

  /** Replaces the text. @param caret in UTF-16 units */
  function fill(text: string, caret = text.length): void {
    field.value = text
    field.setSelectionRange(caret, caret)
    resize()
  }

  /** Shows an error below the field; '' removes it. */
  function say(message: string): void {
    if (fault.textContent !== message) fault.textContent = message
  }

  function focus(): void {
    field.focus({ preventScroll: true })
  }

  return {
    element,
    field,
    /** shows how many characters are left, from 90 % of the limit on */
    counter,
    /** shows why a message was not sent */
    fault,
    say,
    focus,
    text: () => field.value,
    fill,
    insert,
    setEnterSends,
    /** Shows in place of the placeholder why I may not write here; null: I may. */
    setBlocked(reason: string | null): void {
      blocked = reason
      drawLabels()
    },
    setRoomName(name: string): void {
      roomName = name
      drawLabels()
    },
  }
}

/** `Ann is typing`, up to three names, then `Several people are typing`; '' if nobody is. */
export function typingText(typing: RoomState['typing']): string {
  const [first, second, third, ...others] = typing.map(({ user }) => isolated(user.name))
  const { one, two, three, many } = words.composer.typing
  if (first === undefined) return ''
  if (second === undefined) return one(first)
  if (third === undefined) return two(first, second)
  return others.length > 0 ? many : three(first, second, third)
}
