/** If the browser does not allow the sound within this time (ms), it is dropped. */
const TOO_LATE = 1_000

/** Plays two soft tones. Before the first press in a page a browser allows no sound, and none is played. */
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
      // Closed before the browser allowed it.
    },
  )
}

/** @param pitch Hz @param delay s */
function playTone(audio: AudioContext, pitch: number, delay: number): OscillatorNode {
  const start = audio.currentTime + delay
  const tone = new OscillatorNode(audio, { frequency: pitch })
  const volume = new GainNode(audio)
  volume.gain.setValueAtTime(0, start)
  volume.gain.linearRampToValueAtTime(0.15, start + 0.015)
  volume.gain.exponentialRampToValueAtTime(0.001, start + 0.35)
  tone.connect(volume).connect(audio.destination)
  tone.start(start)
  tone.stop(start + 0.4)
  return tone
}
