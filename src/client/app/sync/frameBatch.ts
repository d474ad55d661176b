/** Gathers the frames that come before the next paint, so that many of them are one draw (W9). */
import type { ServerFrame } from '../../../shared/protocol.ts'

/** Frames gathered for one draw; more are drawn at once, so that a sleeping page does not pile them up. */
const GATHERED = 1_000

export interface FrameBatch {
  add(frame: ServerFrame): void
  /** Draws at once what was gathered. */
  flush(): void
}

/** @param draw runs its argument before the next paint @param received gets the frames, in their order */
export function createFrameBatch(
  draw: (run: () => void) => void,
  received: (frames: readonly ServerFrame[]) => void,
): FrameBatch {
  let gathered: ServerFrame[] = []
  let isScheduled = false

  function flush(): void {
    isScheduled = false
    if (gathered.length === 0) return
    const frames = gathered
    gathered = []
    received(frames)
  }

  return {
    add(frame) {
      gathered.push(frame)
      if (gathered.length >= GATHERED) return flush()
      if (isScheduled) return
      isScheduled = true
      draw(flush)
    },
    flush,
  }
}
