/** Frames as text. What goes to many is written once: messages and events that a page was read with, people a room knows. */
import type { FirstPage, MissedPage, ServerFrame } from '../../shared/protocol.ts'

/** JSON of values that never change, as long as somebody holds the value. */
const known = new WeakMap<object, string>()

/** The JSON of a frame; those of equal pages share what is long in them. */
export function written(frame: ServerFrame): string {
  return frame.type === 'sync' ? writtenPage(frame) : JSON.stringify(frame)
}

/** What is long is put together and never cut: it is copied once, when it is sent. */
function writtenPage({ type, messages, events, members, ...rest }: FirstPage | MissedPage): string {
  const first = messages === undefined ? '' : `"messages":${once(messages)},`
  const page = `{"type":"${type}",${first}"events":${once(events)},`
  const end = JSON.stringify(rest).slice(1)
  if (members === undefined) return page + end
  const { full, ...counts } = members
  const people = full.map(once).join(',')
  return `${page}"members":{"full":[${people}],${JSON.stringify(counts).slice(1)},${end}`
}

function once(value: object): string {
  const before = known.get(value)
  if (before !== undefined) return before
  const json = JSON.stringify(value)
  known.set(value, json)
  return json
}
