/** The samples of Prometheus' text: series with its labels → value. Throws for a malformed line. */
export function samplesOf(text: string): Map<string, number> {
  const samples = new Map<string, number>()
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue
    const [, series = '', value = ''] =
      /^([a-z_]+(?:\{(?:[a-z_]+="[^"\\\n]*",?)+\})?) (\S+)$/.exec(line) ?? []
    if (series === '' || samples.has(series)) throw new Error(`no sample: ${line}`)
    samples.set(series, Number(value))
  }
  return samples
}
