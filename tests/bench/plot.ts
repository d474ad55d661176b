/** The cost of a delivery against the people of a room, both axes logarithmic, as SVG. */
import { type Run, spreadOf, valuesOf } from './figures.ts'
import type { Scenario } from './scenarios.ts'
import { type Name, NAMES, TITLES } from './servers.ts'

const WIDTH = 720
const HEIGHT = 400
const LEFT = 56
const RIGHT = 150
const TOP = 40
const BOTTOM = 48

/** Told apart also without colour: each line has its name at its end. */
const COLOURS: Record<Name, string> = {
  hubbub: '#0f766e',
  bun: '#737373',
  durable: '#4d7c0f',
  elysia: '#a16207',
  ws: '#1d4ed8',
  socketio: '#be123c',
  gorilla: '#7e22ce',
}

interface Point {
  people: number
  cost: number
}

/** The loads `room10` … `room10000`. */
export function plot(scenarios: readonly Scenario[], runs: readonly Run[]): string {
  const rooms = scenarios.filter(({ id }) => /^room\d+$/.test(id))
  const lines = NAMES.map((name) => ({
    name,
    points: rooms.flatMap((room) => pointOf(name, room, runs)),
  })).filter(({ points }) => points.length > 1)
  const costs = lines.flatMap(({ points }) => points.map(({ cost }) => cost))
  const least = 2 ** Math.floor(Math.log2(Math.min(...costs, 1)))
  const most = 2 ** Math.ceil(Math.log2(Math.max(...costs, 2)))
  const across = scale([10, 10_000], [LEFT, WIDTH - RIGHT])
  const down = scale([least, most], [HEIGHT - BOTTOM, TOP])
  const text = (x: number, y: number, said: string, more = '') =>
    `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${more}>${said}</text>`
  const grid: string[] = []
  for (let cost = least; cost <= most; cost *= 2)
    grid.push(
      `<path d="M${LEFT} ${down(cost).toFixed(1)}H${WIDTH - RIGHT}" stroke="#d4d4d4"/>`,
      text(LEFT - 8, down(cost) + 4, String(cost), 'text-anchor="end"'),
    )
  for (const people of [10, 100, 1_000, 10_000])
    grid.push(text(across(people), HEIGHT - BOTTOM + 20, people.toLocaleString('en'), 'text-anchor="middle"'))
  const ends = spaced(lines.map(({ points }) => down(points.at(-1)?.cost ?? 1)))
  const curves = lines.map(({ name, points }, n) => {
    const path = points
      .map(({ people, cost }) => `${across(people).toFixed(1)} ${down(cost).toFixed(1)}`)
      .join('L')
    const width = name === 'hubbub' ? 3 : 1.5
    const x = across(points.at(-1)?.people ?? 10) + 8
    return (
      `<path d="M${path}" fill="none" stroke="${COLOURS[name]}" stroke-width="${width}"/>` +
      text(
        x,
        (ends[n] ?? 0) + 4,
        TITLES[name],
        `fill="${COLOURS[name]}"${name === 'hubbub' ? ' font-weight="700"' : ''}`,
      )
    )
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" font-family="system-ui, sans-serif" font-size="13" fill="#404040">
<title>Server CPU per delivery against people in the room</title>
<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>
${text(LEFT, 22, 'CPU µs per delivery, against people in the room; lower is better')}
${[...grid, ...curves].join('\n')}
</svg>
`
}

function pointOf(name: Name, { id, people }: Scenario, runs: readonly Run[]): Point[] {
  const cost = spreadOf(valuesOf(runs, id, name, 'cost'))
  return cost === null ? [] : [{ people, cost: cost.median }]
}

function scale([from, to]: readonly [number, number], [first, last]: readonly [number, number]) {
  return (value: number) => first + ((last - first) * Math.log(value / from)) / Math.log(to / from)
}

/** Moves labels apart that would lie over each other. */
function spaced(places: readonly number[]): number[] {
  const order = places.map((y, n) => ({ y, n })).sort((one, other) => one.y - other.y)
  const moved = [...places]
  let before = -Infinity
  for (const { y, n } of order) {
    before = Math.max(y, before + 15)
    moved[n] = before
  }
  return moved
}
