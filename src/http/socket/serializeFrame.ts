/** Frames as text. What goes to many is written once: messages and events that a page was read with, people a room knows. */
import type { FirstPage, MissedPage, ServerFrame } from '../../shared/protocol.ts'

/** JSON of values that never change, as long as somebody holds the value. */
const jsonCache = new WeakMap<object, string>()

/** The JSON of a frame. Pages share the JSON of the lists they have in common. */
export function serializeFrame(frame: ServerFrame): string {
  return frame.type === 'sync' ? serializePage(frame) : JSON.stringify(frame)
}

/** Concatenates long strings and never cuts them, so that each is copied once, when it is sent. */
function serializePage({ type, messages, events, members, ...rest }: FirstPage | MissedPage): string {
  const first = messages === undefined ? '' : `"messages":${cachedJson(messages)},`
  const page = `{"type":"${type}",${first}"events":${cachedJson(events)},`
  const end = JSON.stringify(rest).slice(1)
  if (members === undefined) return page + end
  const { full, ...counts } = members
  const people = full.map(cachedJson).join(',')
  return `${page}"members":{"full":[${people}],${JSON.stringify(counts).slice(1)},${end}`
}

function cachedJson(value: object): string {
  const before = jsonCache.get(value)
  if (before !== undefined) return before
  const json = JSON.stringify(value)
  jsonCache.set(value, json)
  return json
}
