import type { Hub } from '../../hub/hub.ts'
import type { ClientSocket } from '../../hub/ports.ts'
import { assertNever } from '../../shared/assert.ts'
import type { ClientFrame } from '../../shared/protocol.ts'

/** Hands one frame to the hub. A type without a case here does not compile. @throws ChatError if the hub refuses it */
export function dispatch(hub: Hub, from: ClientSocket, frame: ClientFrame): void | Promise<void> {
  // prettier-ignore
  switch (frame.type) {
    case 'hello': return hub.hello(from, frame)
    case 'join': return hub.join(from, frame)
    case 'leave': return hub.leave(from, frame)
    case 'send': case 'edit': case 'delete': case 'react': case 'pin': return hub.publish(from, frame)
    case 'read': return hub.read(from, frame)
    case 'typing': return hub.typing(from, frame)
    case 'state': return hub.state(from, frame)
    case 'beat': return hub.beat(from)
    default: return assertNever(frame)
  }
}
