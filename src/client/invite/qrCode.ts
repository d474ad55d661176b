import { encode } from 'uqr'
import { icon } from '../ui/dom.ts'

/** A text as a QR code: one path, a run of dark squares at a time, within a quiet border of four. */
export function qrCode(text: string): SVGSVGElement {
  const { data, size } = encode(text, { border: 4 })
  let path = ''
  for (const [y, row] of data.entries()) {
    for (let x = 0; x < size; x += 1) {
      if (row[x] !== true) continue
      const from = x
      while (row[x + 1] === true) x += 1
      path += `M${from} ${y}h${x - from + 1}v1h${from - x - 1}z`
    }
  }
  const code = icon(path, true)
  code.setAttribute('viewBox', `0 0 ${size} ${size}`)
  return code
}
