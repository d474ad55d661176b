/** The one set of icons: 20 px, stroke 1.5. Each stands beside a word or on a button with a label (V17). */
import { icon } from './dom.ts'

const PATHS = {
  people:
    'M7 10a3 3 0 1 0 0-6a3 3 0 0 0 0 6M2 16.5c0-2.6 2.2-4.5 5-4.5s5 1.9 5 4.5M13 4.3a3 3 0 0 1 0 5.4M14.6 12.4c2 .6 3.4 2.2 3.4 4.1',
  send: 'M10 16V4.5M5 9.5l5-5l5 5',
  down: 'M10 4v11.5M5 10.5l5 5l5-5',
  close: 'M5 5l10 10M15 5L5 15',
  clock: 'M10 3a7 7 0 1 1 0 14a7 7 0 1 1 0-14M10 6v4l2.5 1.5',
  rooms: 'M7.7 3.5L6.3 16.5M13.7 3.5l-1.4 13M3.5 7.5h13.5M3 12.5h13.5',
} as const

const FILLED = {
  mark: 'M7.5 6a6 6 0 1 1 0 12a6 6 0 1 1 0-12M13.6 1.8a4.5 4.5 0 1 1 0 9a4.5 4.5 0 1 1 0-9',
  more: 'M4.5 8.6a1.4 1.4 0 1 1 0 2.8a1.4 1.4 0 1 1 0-2.8M10 8.6a1.4 1.4 0 1 1 0 2.8a1.4 1.4 0 1 1 0-2.8M15.5 8.6a1.4 1.4 0 1 1 0 2.8a1.4 1.4 0 1 1 0-2.8',
} as const

export type IconName = keyof typeof PATHS | keyof typeof FILLED

export function iconOf(name: IconName): SVGSVGElement {
  return name in FILLED
    ? icon(FILLED[name as keyof typeof FILLED], true)
    : icon(PATHS[name as keyof typeof PATHS])
}
