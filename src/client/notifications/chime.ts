/** If the browser does not allow the sound within this time (ms), it is dropped. */
const TOO_LATE = 1_000

/** Plays two soft tones. A browser allows no sound in a page before the first press in it; then there is none. */
export function playChime(): void {
  const audio = new AudioContext()
  const end = () => void audio.close().catch(() => {})
  const late = setTimeout(end, TOO_LATE)
  audio.resume().then(
    () => {
      clearTimeout(late)
      if (audio.state !== 'running') return
      playTone(audio, 587, 0)
      playTone(audio, 880, 0.11).onended = end
    },
    () => {
      // Closed before it was allowed.
    },
  )
}

/** @param pitch Hz @param from seconds from now */
function playTone(audio: AudioContext, pitch: number, from: number): OscillatorNode {
  const at = audio.currentTime + from
  const tone = audio.createOscillator()
  const loud = audio.createGain()
  tone.frequency.value = pitch
  loud.gain.setValueAtTime(0, at)
  loud.gain.linearRampToValueAtTime(0.15, at + 0.015)
  loud.gain.exponentialRampToValueAtTime(0.001, at + 0.35)
  tone.connect(loud).connect(audio.destination)
  tone.start(at)
  tone.stop(at + 0.4)
  return tone
}
