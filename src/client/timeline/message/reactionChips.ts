import type { Reaction } from '../../../shared/model.ts'
import { button, h, list, type View } from '../../ui/dom.ts'
import { isolated, nameList } from '../../ui/format.ts'
import { words } from '../../words/words.ts'

/** A message shows this many emoji; further ones are only counted (U25). */
const MAX_CHIPS = 20
/** A chip's label names this many people. */
const MAX_NAMES = 10

/** A chip for each emoji of a message. A press calls `toggle` with the emoji and whether I had reacted with it. */
export function reactionChips(toggle: (emoji: string, mine: boolean) => void): View<readonly Reaction[]> {
  const chips = h('span', { class: 'contents' })
  const rest = h('span', { class: 'text-meta text-muted' })
  const attributes = { role: 'group', 'aria-label': words.message.reactions }
  const style = 'flex flex-wrap items-center gap-1 py-1 pointer-coarse:gap-y-4'
  const element = h('div', { class: style, ...attributes }, chips, rest)
  const draw = list<Reaction>(
    chips,
    ({ emoji }) => emoji,
    (reaction) => chip(reaction, toggle),
  )
  return {
    element,
    update(reactions) {
      draw(reactions.slice(0, MAX_CHIPS))
      rest.textContent = reactions.length > MAX_CHIPS ? `+${reactions.length - MAX_CHIPS}` : ''
    },
  }
}

function chip(initial: Reaction, toggle: (emoji: string, mine: boolean) => void): View<Reaction> {
  let { emoji, mine } = initial
  const count = h('span', { class: 'tabular-nums' })
  const element = button([h('span', { 'aria-hidden': 'true' }, emoji), count], () => toggle(emoji, mine), {
    class: 'chip hit',
    tabindex: -1,
  })
  function update(reaction: Reaction): void {
    mine = reaction.mine
    count.textContent = String(reaction.count)
    element.title = chipLabel(reaction)
    element.setAttribute('aria-label', element.title)
    element.setAttribute('aria-pressed', String(mine))
  }
  update(initial)
  return { element, update }
}

/** `Ann and Bo`, of many people some. */
export function namesOf({ count, users }: Reaction): string {
  const names = users.slice(0, MAX_NAMES).map(({ name }) => isolated(name))
  const more = count - names.length
  return nameList(more > 0 ? [...names, words.common.others(more)] : names)
}

/** `👍 2: Ann and Bo` */
function chipLabel(reaction: Reaction): string {
  return words.message.reaction(reaction.emoji, reaction.count, namesOf(reaction))
}
