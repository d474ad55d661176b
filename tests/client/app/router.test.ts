import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import {
  createRouter,
  canonicalPath,
  parseRoute,
  pathOfClick,
  type Arrival,
  type Route,
  type Router,
} from '../../../src/client/app/router.ts'
import { eventually } from '../../support/eventually.ts'
import { useDom } from '../../support/client/useDom.ts'

const dom = useDom()

describe('addresses', () => {
  const shapes: [string, Route][] = [
    ['/', { name: 'home' }],
    ['/chat/lobby', { name: 'room', room: 'lobby' }],
    ['/chat/constructor', { name: 'room', room: 'constructor' }],
    ['/chat/lobby/17', { name: 'room', room: 'lobby', seq: 17 }],
  ]
  test.each(shapes)('[U80] %s is a screen', (path, route) => {
    expect(parseRoute(path)).toEqual(route)
  })

  const nothing = [
    '/nope',
    '/chat',
    '/chat/',
    '/chat/Lobby',
    '/chat/lobby/',
    '/chat/lobby/0',
    '/chat/lobby/x',
    '/chat/lobby/1/2',
    '/chat/lobby/9999999999999999',
    `/chat/${'a'.repeat(65)}`,
    '/chat/a%2fb',
    '//chat/lobby',
  ]
  test.each(nothing)('[U81] %s is no page here', (path) => {
    expect(parseRoute(path)).toEqual({ name: 'notFound' })
  })
})

describe('addresses that mean another', () => {
  test.each([
    ['/chat/LOBBY', '/chat/lobby'],
    ['/chat/lobby/', '/chat/lobby'],
    ['/chat/Lobby/17/', '/chat/lobby/17'],
    ['/chat/lobby', '/chat/lobby'],
    ['/Nope/', '/Nope/'],
  ])('[U81] %s leads to %s', (path, meant) => {
    expect(canonicalPath(path)).toBe(meant)
  })
})

describe('steps', () => {
  let shown: { route: Route; signal: AbortSignal; arrival: Arrival }[]
  let router: Router & { start(): void }
  let over: AbortController

  const at = () => dom.window.location.pathname
  const last = () => shown.at(-1)

  beforeEach(() => {
    dom.window.history.pushState(null, '', '/')
    over = new AbortController()
    shown = []
    router = createRouter(
      dom.window as unknown as globalThis.Window,
      (route, signal, arrival) => shown.push({ route, signal, arrival }),
      over.signal,
    )
    router.start()
  })

  afterEach(() => over.abort())

  function click(attributes: Record<string, string>, how: MouseEventInit = {}): boolean {
    const link = document.createElement('a')
    for (const [name, value] of Object.entries(attributes)) link.setAttribute(name, value)
    const inside = document.createElement('b')
    link.append(inside)
    document.body.append(link)
    // What the router leaves to the browser goes no further here.
    const kept = { taken: false }
    window.addEventListener(
      'click',
      (event) => {
        kept.taken = event.defaultPrevented
        event.preventDefault()
      },
      { once: true },
    )
    inside.dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true, button: 0, ...how }))
    link.remove()
    return kept.taken
  }

  test('[U80] the first address is shown at once, and the browser keeps its hands off the scroll position', () => {
    expect(shown).toMatchObject([{ route: { name: 'home' }, arrival: 'first' }])
    expect(String(dom.window.history.scrollRestoration)).toBe('manual')
  })

  test('[U81] an address with capitals is corrected, and adds nothing to the history', () => {
    dom.window.history.pushState(null, '', '/chat/LOBBY')
    const before = dom.window.history.length
    router.start()
    expect(last()).toMatchObject({ route: { name: 'room', room: 'lobby' } })
    expect([at(), dom.window.history.length]).toEqual(['/chat/lobby', before])
  })

  test('[U80] a step adds to the history, a correction does not', () => {
    const before = dom.window.history.length
    router.navigate('/chat/lobby')
    expect(dom.window.history.length).toBe(before + 1)
    router.navigate('/chat/kitchen', { replace: true })
    expect(dom.window.history.length).toBe(before + 1)
    expect(last()).toMatchObject({ route: { name: 'room', room: 'kitchen' }, arrival: 'step' })
  })

  test('[U80] leaving a screen aborts its signal before the next one is shown', () => {
    const first = last()
    router.navigate('/chat/lobby')
    expect(first?.signal.aborted).toBe(true)
    expect(last()?.signal.aborted).toBe(false)
  })

  test('[U80] the same address again is no step', () => {
    router.navigate('/chat/lobby')
    router.navigate('/chat/lobby')
    expect(shown).toHaveLength(2)
  })

  test('[U82] Back and forward show the screens again', async () => {
    router.navigate('/chat/lobby')
    router.navigate('/chat/kitchen')
    router.back()
    await eventually('the lobby', () => at() === '/chat/lobby')
    expect(last()).toMatchObject({ route: { room: 'lobby' }, arrival: 'history' })
    dom.window.history.forward()
    await eventually('the kitchen', () => at() === '/chat/kitchen')
    expect(last()).toMatchObject({ route: { room: 'kitchen' }, arrival: 'history' })
  })

  test('[U82] what a screen keeps with its entry is there again after Back, and nowhere else', async () => {
    router.navigate('/chat/lobby')
    router.remember(17)
    router.navigate('/chat/kitchen')
    expect(router.remembered()).toBeUndefined()
    router.back()
    await eventually('the lobby', () => at() === '/chat/lobby')
    expect(router.remembered()).toBe(17)
  })

  test('[U82] a screen may still keep something while its signal aborts', async () => {
    router.navigate('/chat/lobby')
    last()?.signal.addEventListener('abort', () => router.remember('left here'))
    router.navigate('/chat/kitchen')
    router.back()
    await eventually('the lobby', () => at() === '/chat/lobby')
    expect(router.remembered()).toBe('left here')
  })

  test('[U82] what was kept survives a reload', () => {
    router.navigate('/chat/lobby')
    router.remember(17)
    over.abort()
    over = new AbortController()
    const again = createRouter(dom.window as unknown as globalThis.Window, () => {}, over.signal)
    again.start()
    expect(again.remembered()).toBe(17)
  })

  test('[U80] a plain click on a link of this page is a step', () => {
    expect(click({ href: '/chat/lobby' })).toBe(true)
    expect(last()).toMatchObject({ route: { name: 'room', room: 'lobby' } })
  })

  const theirs: [string, Record<string, string>, MouseEventInit][] = [
    ['with Ctrl', { href: '/chat/lobby' }, { ctrlKey: true }],
    ['with Meta', { href: '/chat/lobby' }, { metaKey: true }],
    ['with Shift', { href: '/chat/lobby' }, { shiftKey: true }],
    ['with Alt', { href: '/chat/lobby' }, { altKey: true }],
    ['by the middle button', { href: '/chat/lobby' }, { button: 1 }],
    ['on a download', { href: '/chat/lobby', download: '' }, {}],
    ['on a link to another tab', { href: '/chat/lobby', target: '_blank' }, {}],
    ['on a place in the page', { href: '#composer' }, {}],
    ['on what is no screen', { href: '/healthz' }, {}],
    ['on a link without address', {}, {}],
  ]
  test.each(theirs)('[U80] a click %s stays the browser’s', (_name, attributes, how) => {
    expect(click(attributes, how)).toBe(false)
    expect(shown).toHaveLength(1)
  })

  // happy-dom follows such a link before its click reaches the document.
  test('[U80] a click on another site stays the browser’s', () => {
    const link = document.createElement('a')
    link.setAttribute('href', 'https://elsewhere.test/chat/lobby')
    const event = Object.defineProperty(new MouseEvent('click'), 'target', { value: link })
    expect(pathOfClick(event, 'http://localhost')).toBeNull()
  })

  test('[U80] a click that somebody has handled is left alone', () => {
    const handled = (event: Event) => event.preventDefault()
    document.body.addEventListener('click', handled)
    click({ href: '/chat/lobby' })
    document.body.removeEventListener('click', handled)
    expect(shown).toHaveLength(1)
  })

  test('[T14] Back closes what lies over the screen, and the screen stays', async () => {
    router.navigate('/chat/lobby')
    let closed = 0
    router.over(() => void (closed += 1))
    router.back()
    await eventually('closed', () => closed > 0)
    expect(closed).toBe(1)
    expect(at()).toBe('/chat/lobby')
    expect(shown).toHaveLength(2)
  })

  test('[T14] closing by its button leaves no press of Back behind', async () => {
    router.navigate('/chat/lobby')
    let closed = 0
    const close = router.over(() => void (closed += 1))
    close()
    await eventually('closed', () => closed > 0)
    close()
    router.back()
    await eventually('home', () => at() === '/')
    expect(closed).toBe(1)
  })

  test('[T14] choosing a room in a drawer takes the drawer’s place in the history', async () => {
    router.navigate('/chat/lobby')
    let closed = 0
    router.over(() => void (closed += 1))
    router.navigate('/chat/kitchen')
    expect(closed).toBe(1)
    router.back()
    await eventually('the lobby', () => at() === '/chat/lobby')
    expect(last()).toMatchObject({ route: { room: 'lobby' } })
  })

  test('[U80] when the page ends, nothing of it listens any more', () => {
    over.abort()
    expect(last()?.signal.aborted).toBe(true)
    expect(click({ href: '/chat/lobby' })).toBe(false)
  })
})
