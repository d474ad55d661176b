import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import {
  createRouter,
  canonicalPath,
  parseRoute,
  pathOfClick,
  type Route,
  type Router,
} from '../../../src/client/app/router.ts'
import { eventually } from '../../support/eventually.ts'
import { useDom } from '../../support/client/useDom.ts'

const dom = useDom()

describe('addresses', () => {
  test.each<[string, Route]>([
    ['/', { name: 'home' }],
    ['/chat/lobby', { name: 'room', room: 'lobby' }],
    ['/chat/constructor', { name: 'room', room: 'constructor' }],
    ['/chat/lobby/17', { name: 'room', room: 'lobby', seq: 17 }],
    ['/chat/日本語~w1ww2ecz', { name: 'room', room: 'w1ww2ecz' }],
    ['/chat/%E6%97%A5%E6%9C%AC%E8%AA%9E~w1ww2ecz/17', { name: 'room', room: 'w1ww2ecz', seq: 17 }],
    ['/chat/a~b~tea', { name: 'room', room: 'tea' }],
    ['/chat/~tea', { name: 'room', room: 'tea' }],
  ])('[U80] %s names a screen', (path, route) => {
    expect(parseRoute(path)).toEqual(route)
  })

  test.each([
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
    '/chat/日本語',
    '/chat/tea~',
    '/chat/tea~TEA',
    '/chat/a/b~tea',
    '//chat/lobby',
  ])('[U81] %s names no screen', (path) => {
    expect(parseRoute(path)).toEqual({ name: 'notFound' })
  })

  test.each([
    ['/chat/LOBBY', '/chat/lobby'],
    ['/chat/lobby/', '/chat/lobby'],
    ['/chat/Lobby/17/', '/chat/lobby/17'],
    ['/chat/lobby', '/chat/lobby'],
    ['/Nope/', '/Nope/'],
  ])('[U81] %s is corrected to %s', (path, corrected) => {
    expect(canonicalPath(path)).toBe(corrected)
  })
})

describe('navigation', () => {
  let shown: { route: Route; signal: AbortSignal; fromHistory: boolean }[]
  let router: Router
  let end: AbortController

  const last = () => shown.at(-1)
  const isAt = (path: string) => eventually(path, () => location.pathname === path)
  const aRouter = (show: (route: Route, signal: AbortSignal, fromHistory: boolean) => void) => {
    end = new AbortController()
    return createRouter(dom.window as unknown as globalThis.Window, show, end.signal)
  }

  beforeEach(() => {
    history.pushState(null, '', '/')
    shown = []
    router = aRouter((route, signal, fromHistory) => shown.push({ route, signal, fromHistory }))
    router.start()
  })

  afterEach(() => end.abort())

  test('[U175] a room is the same screen with its name in the address and without, and a correction shows nothing anew', () => {
    router.navigate('/chat/w1ww2ecz')
    const screens = shown.length
    router.correct('/chat/日本語~w1ww2ecz')
    const corrected = '/chat/%E6%97%A5%E6%9C%AC%E8%AA%9E~w1ww2ecz'
    expect(location.pathname).toBe(corrected)
    for (const path of ['/chat/w1ww2ecz', '/chat/日本語~w1ww2ecz', corrected, '/chat/old~w1ww2ecz'])
      router.navigate(path)
    router.correct('/chat/tea')
    expect([location.pathname, shown.length]).toEqual([corrected, screens])
    router.navigate('/chat/日本語~w1ww2ecz/17')
    expect(last()?.route).toEqual({ name: 'room', room: 'w1ww2ecz', seq: 17 })
  })

  function click(attributes: Record<string, string>, how: MouseEventInit = {}): boolean {
    const link = document.createElement('a')
    for (const [name, value] of Object.entries(attributes)) link.setAttribute(name, value)
    const inside = document.createElement('b')
    link.append(inside)
    document.body.append(link)
    let isTaken = false
    // Last in line: keeps happy-dom from following a link that the router leaves to the browser.
    window.addEventListener(
      'click',
      (event) => {
        isTaken = event.defaultPrevented
        event.preventDefault()
      },
      { once: true },
    )
    inside.dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true, button: 0, ...how }))
    link.remove()
    return isTaken
  }

  test('[U80] the first address is shown at once, and the browser restores no scroll position', () => {
    expect(shown).toMatchObject([{ route: { name: 'home' }, fromHistory: false }])
    expect(String(history.scrollRestoration)).toBe('manual')
  })

  test('[U81] an address with capitals is corrected without a history entry', () => {
    history.pushState(null, '', '/chat/LOBBY')
    const before = history.length
    router.start()
    expect(last()).toMatchObject({ route: { name: 'room', room: 'lobby' } })
    expect([location.pathname, history.length]).toEqual(['/chat/lobby', before])
  })

  test('[U80] navigating adds a history entry and aborts the signal of the screen before; to the present address it does nothing', () => {
    const [first, before] = [last(), history.length]
    for (const path of ['/chat/lobby', '/chat/lobby']) router.navigate(path)
    expect([shown.length, history.length]).toEqual([2, before + 1])
    expect(last()).toMatchObject({ route: { name: 'room', room: 'lobby' }, fromHistory: false })
    expect([first?.signal.aborted, last()?.signal.aborted]).toEqual([true, false])
  })

  test('[U82] Back and Forward show the screens again', async () => {
    router.navigate('/chat/lobby')
    router.navigate('/chat/kitchen')
    history.back()
    await isAt('/chat/lobby')
    expect(last()).toMatchObject({ route: { room: 'lobby' }, fromHistory: true })
    history.forward()
    await isAt('/chat/kitchen')
    expect(last()).toMatchObject({ route: { room: 'kitchen' }, fromHistory: true })
  })

  test('[U82] a value that a screen keeps while its signal aborts is there after Back, and only there', async () => {
    router.navigate('/chat/lobby')
    last()?.signal.addEventListener('abort', () => router.remember('left here'))
    router.navigate('/chat/kitchen')
    expect(router.remembered()).toBeUndefined()
    history.back()
    await isAt('/chat/lobby')
    expect(router.remembered()).toBe('left here')
  })

  test('[U82] a kept value survives a reload', () => {
    router.navigate('/chat/lobby')
    router.remember(17)
    end.abort()
    const again = aRouter(() => {})
    again.start()
    expect(again.remembered()).toBe(17)
  })

  test('[U80] a plain click on a link inside the page navigates, until the signal of the router aborts', () => {
    expect(click({ href: '/chat/lobby' })).toBe(true)
    expect(last()).toMatchObject({ route: { name: 'room', room: 'lobby' } })
    end.abort()
    expect(last()?.signal.aborted).toBe(true)
    expect(click({ href: '/chat/kitchen' })).toBe(false)
  })

  const foreignClicks: [string, Record<string, string>, MouseEventInit][] = [
    ['with Ctrl', { href: '/chat/lobby' }, { ctrlKey: true }],
    ['with Meta', { href: '/chat/lobby' }, { metaKey: true }],
    ['with Shift', { href: '/chat/lobby' }, { shiftKey: true }],
    ['with Alt', { href: '/chat/lobby' }, { altKey: true }],
    ['by the middle button', { href: '/chat/lobby' }, { button: 1 }],
    ['on a download', { href: '/chat/lobby', download: '' }, {}],
    ['on a link to another tab', { href: '/chat/lobby', target: '_blank' }, {}],
    ['on an anchor in the page', { href: '#composer' }, {}],
    ['on a path that is no screen', { href: '/healthz' }, {}],
    ['on a link without an address', {}, {}],
  ]
  test.each(foreignClicks)('[U80] a click %s is left to the browser', (_name, attributes, how) => {
    expect(click(attributes, how)).toBe(false)
    expect(shown).toHaveLength(1)
  })

  // happy-dom follows such a link before its click reaches the document.
  test('[U80] a click on a link to another site is left to the browser', () => {
    const link = document.createElement('a')
    link.setAttribute('href', 'https://elsewhere.test/chat/lobby')
    const event = Object.defineProperty(new MouseEvent('click'), 'target', { value: link })
    expect(pathOfClick(event, 'http://localhost')).toBeNull()
  })

  test('[U80] a click that was handled already is left alone', () => {
    const handled = (event: Event) => event.preventDefault()
    document.body.addEventListener('click', handled)
    click({ href: '/chat/lobby' })
    document.body.removeEventListener('click', handled)
    expect(shown).toHaveLength(1)
  })

  test.each(['Back', 'its button'])(
    '[T14] a drawer closed by %s leaves the screen, and no history entry',
    async (how) => {
      router.navigate('/chat/lobby')
      let closed = 0
      const close = router.openLayer(() => void (closed += 1))
      if (how === 'Back') history.back()
      else close()
      await eventually('closed', () => closed > 0)
      expect([location.pathname, shown.length]).toEqual(['/chat/lobby', 2])
      close()
      history.back()
      await isAt('/')
      expect(closed).toBe(1)
    },
  )

  test('[T14] choosing a room in the drawer replaces the drawer’s history entry', async () => {
    router.navigate('/chat/lobby')
    let closed = 0
    router.openLayer(() => void (closed += 1))
    router.navigate('/chat/kitchen')
    expect(closed).toBe(1)
    history.back()
    await isAt('/chat/lobby')
    expect(last()).toMatchObject({ route: { room: 'lobby' } })
  })
})
