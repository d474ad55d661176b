/** What the journeys need of a browser, the same for every engine. */

export type KeyName = 'Enter' | 'Escape' | 'ArrowUp' | 'Tab'

export interface Tab {
  open(url: string): Promise<void>
  /** Runs a function in the page; its arguments and answer are JSON. */
  ask<T, A extends readonly unknown[]>(question: (...args: A) => T, ...args: A): Promise<T>
  /** Clicks the first element that matches. @throws Error if there is none */
  click(selector: string): Promise<void>
  press(key: KeyName): Promise<void>
  type(text: string): Promise<void>
  picture(path: string): Promise<unknown>
}

export interface Engine {
  /** with its version */
  name: string
  tab: Tab
  close(): Promise<void>
}

/** Starts an engine with an empty profile. */
export type Start = () => Promise<Engine>

/** Where the middle of the first element that matches is, in CSS px. */
export async function middleOf(tab: Pick<Tab, 'ask'>, selector: string): Promise<{ x: number; y: number }> {
  const point = await tab.ask((wanted: string) => {
    const element = document.querySelector(wanted)
    element?.scrollIntoView({ block: 'nearest' })
    const box = element?.getBoundingClientRect()
    return box === undefined ? null : { x: box.x + box.width / 2, y: box.y + box.height / 2 }
  }, selector)
  if (point === null) throw new Error(`nothing matches ${selector}`)
  return { x: Math.round(point.x), y: Math.round(point.y) }
}
