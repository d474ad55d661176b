/**
 * Icons of one path on 20 × 20 px, in the colour of the text. Screen readers skip them: each has a label beside it. Menus that
 * load later bring the paths of their own icons.
 */
import { button } from './dom.ts'

const SVG = 'http://www.w3.org/2000/svg'

const PATHS = {
  people:
    'M7 10a3 3 0 1 0 0-6a3 3 0 0 0 0 6M2 16.5c0-2.6 2.2-4.5 5-4.5s5 1.9 5 4.5M13 4.3a3 3 0 0 1 0 5.4M14.6 12.4c2 .6 3.4 2.2 3.4 4.1',
  send: 'M10 16V4.5M5 9.5l5-5l5 5',
  down: 'M10 4v11.5M5 10.5l5 5l5-5',
  close: 'M5 5l10 10M15 5L5 15',
  clock: 'M10 3a7 7 0 1 1 0 14a7 7 0 1 1 0-14M10 6v4l2.5 1.5',
  rooms: 'M7.7 3.5L6.3 16.5M13.7 3.5l-1.4 13M3.5 7.5h13.5M3 12.5h13.5',
  list: 'M3 5.5h14M3 10h14M3 14.5h14',
  search: 'M8.5 3.5a5 5 0 1 0 0 10a5 5 0 1 0 0-10M12.2 12.2l4.3 4.3',
  info: 'M10 3a7 7 0 1 1 0 14a7 7 0 1 1 0-14M10 9.5v4M10 6.7v.1',
  plus: 'M10 4v12M4 10h12',
  link: 'M8.5 11.5a3 3 0 0 0 4.2 0l2.9-2.9a3 3 0 0 0-4.2-4.2l-1 1M11.5 8.5a3 3 0 0 0-4.2 0l-2.9 2.9a3 3 0 0 0 4.2 4.2l1-1',
  pencil: 'M4 16l.8-3.3L12.9 4.6a1.6 1.6 0 0 1 2.3 0l.2.2a1.6 1.6 0 0 1 0 2.3L7.3 15.2zM11.5 6l2.5 2.5',
  pin: 'M7 3.5h6M8 3.5v5l-2.5 3h9L12 8.5v-5M10 11.5v5.5',
  reply: 'M8 5L3.5 9.5L8 14M3.5 9.5h7a6 6 0 0 1 6 6',
  smile:
    'M10 3a7 7 0 1 1 0 14a7 7 0 1 1 0-14M7 11.5c.6 1.2 1.7 1.9 3 1.9s2.4-.7 3-1.9M7.6 7.6v.4M12.4 7.6v.4',
  unread: 'M11 4.5H3.5v11h13V10M15.5 3a2 2 0 1 1 0 4a2 2 0 1 1 0-4',
  mark: 'M7.5 6a6 6 0 1 1 0 12a6 6 0 1 1 0-12M13.6 1.8a4.5 4.5 0 1 1 0 9a4.5 4.5 0 1 1 0-9',
  warning: 'M10 3.5L17.5 16.5H2.5zM10 8.5v4M10 14.4v.1',
  more: 'M4.5 8.6a1.4 1.4 0 1 1 0 2.8a1.4 1.4 0 1 1 0-2.8M10 8.6a1.4 1.4 0 1 1 0 2.8a1.4 1.4 0 1 1 0-2.8M15.5 8.6a1.4 1.4 0 1 1 0 2.8a1.4 1.4 0 1 1 0-2.8',
} as const

export type IconName = keyof typeof PATHS

export function iconOf(name: IconName): SVGSVGElement {
  return icon(PATHS[name], name === 'mark' || name === 'more')
}

/** @param filled draws areas instead of lines */
export function icon(path: string, filled = false): SVGSVGElement {
  const svg = document.createElementNS(SVG, 'svg')
  const shape = document.createElementNS(SVG, 'path')
  svg.setAttribute('viewBox', '0 0 20 20')
  svg.setAttribute('class', filled ? 'icon icon-filled' : 'icon')
  svg.setAttribute('aria-hidden', 'true')
  shape.setAttribute('d', path)
  svg.append(shape)
  return svg
}

/** A button whose icon needs a label: it is the accessible name and the tooltip. */
export function iconButton(
  name: IconName,
  label: string,
  press: (event: Event) => void,
  attributes: Parameters<typeof button>[2] = {},
  ...rest: Node[]
): HTMLButtonElement {
  const labels = { 'aria-label': label, title: label }
  return button([iconOf(name), ...rest], press, { class: 'button-icon', ...labels, ...attributes })
}
