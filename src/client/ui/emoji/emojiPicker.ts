import { button, h } from '../dom.ts'
import { icon } from '../icons.ts'
import { isComposing, searchField } from '../textField.ts'
import { findEmoji, inTone, loadEmoji, remember, type EmojiEntry, type EmojiMemory } from './emoji.ts'
import { emojiGrid, type EmojiSection } from './emojiGrid.ts'
import { emojiPicker as english } from '../../words/english/emojiPicker.ts'
import { addEnglish, words } from '../../words/words.ts'

addEnglish({ emojiPicker: english })

const MAX_FOUND = 64
/** The recent ones, as a section. */
const RECENT = 'recent'
/** Shows the tones. */
const HAND = '✋'

const CIRCLE = 'M10 3a7 7 0 1 1 0 14a7 7 0 1 1 0-14'
/** The icon of each category of the data, by its number; the third holds parts of emoji, which are not shown. */
const ICONS: Readonly<Record<string, string>> = {
  [RECENT]: `${CIRCLE}M10 6v4l2.5 1.5`,
  0: `${CIRCLE}M7 11.5c.6 1.2 1.7 1.9 3 1.9s2.4-.7 3-1.9M7.6 7.6v.4M12.4 7.6v.4`,
  1: 'M10 10a3 3 0 1 0 0-6a3 3 0 0 0 0 6M4 17c0-3 2.7-5 6-5s6 2 6 5',
  3: 'M4 16c0-8 5-12 12-12c0 8-4 12-10 12M4 16l6-6',
  4: 'M4 7h10v5a4 4 0 0 1-4 4H8a4 4 0 0 1-4-4zM14 8h1.5a2 2 0 0 1 0 5H14M7 3.5v1M11 3.5v1',
  5: `${CIRCLE}M3 10h14M10 3c2.5 2 2.5 12 0 14c-2.5-2-2.5-12 0-14`,
  6: `${CIRCLE}M5 5c3 2.5 3 7.5 0 10M15 5c-3 2.5-3 7.5 0 10`,
  7: 'M7.5 13.5c-1.7-1-2.5-2.5-2.5-4.5a5 5 0 0 1 10 0c0 2-.8 3.5-2.5 4.5zM8 16.5h4',
  8: 'M10 16.5l-5.5-5.5a3.5 3.5 0 0 1 5-5l.5.5l.5-.5a3.5 3.5 0 0 1 5 5z',
  9: 'M5 17.5v-14h10l-2 3.5l2 3.5H5',
}

/**
 * All emoji by category, the recent ones first, with a field that searches them and a choice of skin tone. Search field, tone,
 * categories and grid are one Tab stop each. `pick` gets the chosen emoji.
 */
export function emojiPicker(memory: EmojiMemory, pick: (emoji: string) => void) {
  let all: readonly EmojiEntry[] = []
  const field = searchField(words.emojiPicker.find, draw, {
    onKeydown(event: KeyboardEvent) {
      if (isComposing(event)) return
      if (event.key === 'Enter') grid.pickFirst()
      else if (event.key === 'ArrowDown') grid.focusFirst()
      else return
      event.preventDefault()
    },
  })
  const toneButton = button(HAND, toggleTones, { class: 'emoji', 'aria-expanded': 'false' })
  const tones = h('div', {
    class: 'emoji-bar',
    role: 'radiogroup',
    'aria-label': words.emojiPicker.tone,
    hidden: true,
  })
  const tabs = h('div', { class: 'emoji-bar', role: 'group', 'aria-label': words.emojiPicker.categories })
  const nameLine = h('p', { class: 'emoji-name', 'aria-hidden': 'true' })
  const grid = emojiGrid({
    pick: choose,
    name(entry) {
      const [code] = entry?.shortcodes ?? []
      nameLine.textContent = entry ? `${entry.annotation}${code === undefined ? '' : `  :${code}:`}` : ''
    },
    leave: () => field.focus(),
    scrolled: markTab,
  })
  const element = h(
    'div',
    { class: 'menu picker', popover: 'auto', role: 'dialog', 'aria-label': words.emoji },
    h('div', { class: 'flex items-center gap-2' }, field, toneButton),
    tones,
    tabs,
    grid.element,
    nameLine,
  )
  for (const bar of [tones, tabs]) bar.addEventListener('keydown', (event) => moveIn(bar, event))
  grid.note(words.common.loading)
  drawTones()

  function choose(emoji: string): void {
    remember(memory, emoji)
    pick(emoji)
  }

  function sections(): EmojiSection[] {
    const letters = field.value.trim().replaceAll(':', '')
    if (letters !== '') {
      const entries = findEmoji(all, letters, MAX_FOUND, memory.get().recent)
      return entries.length === 0 ? [] : [{ name: '', title: words.emojiPicker.found, entries }]
    }
    const groups = Object.groupBy(all, ({ group }) => group)
    const byCategory = words.emojiPicker.groups.flatMap((title, at) =>
      title === '' ? [] : { name: String(at), title, entries: groups[at] ?? [] },
    )
    const entries = recentEntries()
    return entries.length === 0
      ? byCategory
      : [{ name: RECENT, title: words.emojiPicker.recent, entries }, ...byCategory]
  }

  /** As they were chosen, whatever the tone is now. */
  function recentEntries(): EmojiEntry[] {
    return memory.get().recent.flatMap((emoji) => {
      const entry = all.find(
        (known) => known.emoji === emoji || known.skins?.some((skin) => skin.emoji === emoji),
      )
      return entry === undefined ? [] : { ...entry, emoji, skins: [] }
    })
  }

  function draw(): void {
    const found = sections()
    if (found.length === 0) grid.note(words.emojiPicker.none)
    else grid.show(found, memory.get().tone)
    tabs.replaceChildren(...(field.value.trim() === '' ? found : []).map(tab))
    markTab(found[0]?.name ?? '')
  }

  function tab({ name, title }: EmojiSection, at: number): HTMLElement {
    const label = {
      'aria-label': title,
      title,
      class: 'emoji',
      tabindex: at === 0 ? 0 : -1,
      'data-name': name,
    }
    return button(icon(ICONS[name] ?? ''), () => grid.scrollTo(name), label)
  }

  function markTab(section: string): void {
    tabs.querySelector('[aria-current]')?.removeAttribute('aria-current')
    tabs.querySelector(`[data-name="${section}"]`)?.setAttribute('aria-current', 'true')
  }

  function toggleTones(): void {
    tones.hidden = !tones.hidden
    toneButton.setAttribute('aria-expanded', String(!tones.hidden))
    if (tones.hidden) toneButton.focus()
    else tones.querySelector<HTMLElement>('[tabindex="0"]')?.focus()
  }

  function drawTones(): void {
    const { tone } = memory.get()
    const hand = all.find(({ emoji }) => emoji.startsWith(HAND))
    const handIn = (each: number) => (hand ? inTone(hand, each) : HAND)
    const name = words.emojiPicker.tones[tone] ?? ''
    toneButton.replaceChildren(handIn(tone))
    toneButton.setAttribute('aria-label', `${words.emojiPicker.tone}: ${name}`)
    toneButton.title = words.emojiPicker.tone
    tones.replaceChildren(
      ...words.emojiPicker.tones.map((label, each) => {
        const isChosen = each === tone
        const state = { role: 'radio', 'aria-checked': String(isChosen), tabindex: isChosen ? 0 : -1 }
        return button(handIn(each), () => chooseTone(each), {
          class: 'emoji',
          'aria-label': label,
          title: label,
          ...state,
        })
      }),
    )
  }

  function chooseTone(tone: number): void {
    memory.set({ ...memory.get(), tone })
    drawTones()
    draw()
    toggleTones()
  }

  /** Arrow keys move in a row of buttons. */
  function moveIn(bar: HTMLElement, event: KeyboardEvent): void {
    const buttons = [...bar.querySelectorAll('button')]
    const current = buttons.findIndex((each) => each === document.activeElement)
    const forward = getComputedStyle(bar).direction === 'rtl' ? -1 : 1
    const step = { ArrowRight: forward, ArrowLeft: -forward }[event.key]
    if (current < 0 || step === undefined) return
    event.preventDefault()
    const next = buttons.at((current + step) % buttons.length)
    buttons[current]?.setAttribute('tabindex', '-1')
    next?.setAttribute('tabindex', '0')
    next?.focus()
  }

  return {
    element,
    field,
    /** Draws the emoji once they are fetched, or says that they cannot be. */
    async fill(signal: AbortSignal): Promise<void> {
      try {
        all = await loadEmoji()
        if (signal.aborted) return
        drawTones()
        draw()
      } catch {
        grid.note(words.emojiPicker.notLoaded)
      }
    },
  }
}
