import { LIMITS } from '../../shared/limits.ts'
import { cleanText, textFault } from '../../shared/text.ts'
import type { RoomState } from '../state/state.ts'
import { h } from '../ui/dom.ts'
import type { EmojiMemory } from '../ui/emoji/emoji.ts'
import { pickEmoji } from '../ui/emoji/pickEmoji.ts'
import { isolated } from '../ui/format.ts'
import { iconButton } from '../ui/icons.ts'
import { isMac } from '../ui/isMac.ts'
import { isComposing } from '../ui/textField.ts'
import { words } from '../words/words.ts'

export type Composer = ReturnType<typeof composer>

export interface ComposerEvents {
  /** Sends the text. @returns a reason if it cannot be sent; the text then stays in the field */
  send(text: string): true | string
  /** Sees each key first. @returns true if it handled the key */
  key?(event: KeyboardEvent): boolean
  /** @param typed by a key, not pasted or undone */
  changed(text: string, caret: number, typed: boolean): void
  typing(isTyping: boolean): void
  /** Puts the mark around the selection, or takes it away. */
  emphasise(mark: EmphasisMark): void
  /** PageUp or PageDown was pressed in the empty field. */
  page(direction: -1 | 1): void
}

/** bold or italic */
export type EmphasisMark = '**' | '_'

const COUNTS_FROM = LIMITS.text * 0.9
/** px between the top of the emoji button and the top of the picker above it: its height in popups.css, and a gap */
const PICKER_ABOVE = 408

/** The field to write in (U30–U35). */
export function composer(on: ComposerEvents, emojiMemory: EmojiMemory, signal: AbortSignal) {
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
  const emojiButton = iconButton('smile', words.emoji, openEmojiPicker, {
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

  if (!growsByItself) window.addEventListener('resize', resize, { signal })

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
    const { value: before, selectionStart: caret } = field
    fill('')
    const result = on.send(text)
    if (result !== true) fill(before, caret)
    else on.typing(false)
    say(result === true ? '' : result)
  }

  function onKeydown(event: KeyboardEvent): void {
    // (U31)
    if (isComposing(event) || on.key?.(event)) return
    const mark = markOf(event)
    if (mark !== undefined) {
      event.preventDefault()
      return on.emphasise(mark)
    }
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

  function onInput(event: Event): void {
    resize()
    say('')
    const { value } = field
    on.typing(value.trim() !== '' && !value.startsWith('/'))
    const isTyped = 'inputType' in event && /^insert(Composition)?Text$/.test(String(event.inputType))
    on.changed(value, field.selectionStart, isTyped)
  }

  function openEmojiPicker(): void {
    const { right, left, top } = emojiButton.getBoundingClientRect()
    const at = { x: document.dir === 'rtl' ? left : right, y: top - PICKER_ABOVE }
    void pickEmoji(at, emojiMemory, insert, say, signal)
  }

  /** Replaces a part of the text so that the browser's undo brings it back; the caret stands behind it. */
  function replace(from: number, to: number, text: string): void {
    focus()
    field.setSelectionRange(from, to)
    if (text === '' && from === to) return
    // Only an edit like this one is undone by Ctrl+Z. The browser tells of it by an input event.
    if (document.execCommand(text === '' ? 'delete' : 'insertText', false, text)) return
    field.setRangeText(text, from, to, 'end')
    field.dispatchEvent(new Event('input', { bubbles: true }))
  }

  /** Replaces the selection. */
  function insert(text: string): void {
    replace(field.selectionStart, field.selectionEnd, text)
  }

  function resize(): void {
    const text = cleanText(field.value)
    const left = LIMITS.text - text.length
    counter.textContent = text.length < COUNTS_FROM ? '' : words.composer.left(left)
    counter.className = left < 0 ? 'text-danger font-semibold' : ''
    sendButton.toggleAttribute('data-armed', textFault(text) === null)
    if (growsByItself) return
    // The form keeps its height meanwhile: if it shrank, the list above would leave its end.
    element.style.setProperty('block-size', `${element.offsetHeight}px`)
    field.style.setProperty('block-size', 'auto')
    field.style.setProperty('block-size', `${field.scrollHeight}px`)
    element.style.removeProperty('block-size')
  }

  /** Replaces the text. @param caret in UTF-16 units */
  function fill(text: string, caret = text.length): void {
    field.value = text
    field.setSelectionRange(caret, caret)
    resize()
    // A draft may come before the screen is in the page, where nothing can be measured.
    if (!growsByItself && !field.isConnected) requestAnimationFrame(resize)
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
    replace,
    setEnterSends,
    /** Shows in place of the placeholder why I may not write here; null: I may. */
    setBlocked(reason: string | null): void {
      blocked = reason
      field.toggleAttribute('data-blocked', reason !== null)
      drawLabels()
    },
    setRoomName(name: string): void {
      roomName = name
      drawLabels()
    },
  }
}

/** Ctrl+B and Ctrl+I, on a Mac with ⌘: there Ctrl+B moves the caret. */
function markOf({ key, ctrlKey, metaKey, shiftKey, altKey }: KeyboardEvent): EmphasisMark | undefined {
  const [wanted, other] = isMac() ? [metaKey, ctrlKey] : [ctrlKey, metaKey]
  if (!wanted || other || shiftKey || altKey) return undefined
  return ({ b: '**', i: '_' } as const)[key.toLowerCase()]
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
