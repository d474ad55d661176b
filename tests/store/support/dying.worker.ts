/** The writer, with a planted fault: it dies of the word "poison". */
import '../../../src/store/sqlite/write/sqlite.worker.ts'

declare const self: Worker

const healthy = self.onmessage
self.onmessage = (event: MessageEvent) => {
  if (String(event.data).includes('poison')) throw new Error('poisoned')
  healthy?.call(self, event)
  // The writer ends by hearing nothing more; so must this one.
  if (String(event.data).includes('"close"')) self.onmessage = null
}
