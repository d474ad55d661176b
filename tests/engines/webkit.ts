/** WebKitGTK, the engine of Safari, over W3C WebDriver. It needs a display, here Xvfb with a window manager for the focus. */
import { eventually } from '../support/eventually.ts'
import { freePort } from '../support/server/aServer.ts'
import { middleOf, type KeyName, type Start, type Tab } from './engine.ts'

const NEEDED = ['WebKitWebDriver', 'Xvfb', 'openbox']
/** Debian keeps it outside the PATH, in a folder named after the machine's architecture. */
const [binary] = [...new Bun.Glob('/usr/lib/*/webkit2gtk-4.1/MiniBrowser').scanSync()]

/** null where a part of it is not installed */
export const webkit: Start | null =
  binary !== undefined && NEEDED.every((program) => Bun.which(program) !== null) ? startWebKit : null

/** Keys without a character, as WebDriver writes them. */
const KEYS: Record<KeyName, string> = { Enter: '\ue007', Escape: '\ue00c', ArrowUp: '\ue013', Tab: '\ue004' }

async function startWebKit(): ReturnType<Start> {
  const display = `:${freePort() % 10_000}`
  const env = { ...process.env, DISPLAY: display, LIBGL_ALWAYS_SOFTWARE: '1' }
  const stdio: ['ignore', 'ignore', 'ignore'] = ['ignore', 'ignore', 'ignore']
  const port = freePort()
  const children = [Bun.spawn(['Xvfb', display, '-screen', '0', '1280x900x24'], { stdio })]
  await eventually('a display', () => Bun.file(`/tmp/.X11-unix/X${display.slice(1)}`).stat())
  children.push(
    Bun.spawn(['openbox'], { env, stdio }),
    Bun.spawn(['WebKitWebDriver', `--port=${port}`], { env, stdio }),
  )

  const call = async <T>(method: string, path: string, body?: object): Promise<T> => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    })
    const { value } = (await response.json()) as { value: T }
    if (!response.ok) throw new Error(`${method} ${path}: ${JSON.stringify(value).slice(0, 300)}`)
    return value
  }
  const options = { binary, args: ['--automation'] }
  const { sessionId, capabilities } = await eventually(
    'a driver',
    () =>
      call<{ sessionId: string; capabilities: { browserVersion: string } }>('POST', '/session', {
        capabilities: { alwaysMatch: { 'webkitgtk:browserOptions': options } },
      }),
    20_000,
  )
  const session = `/session/${sessionId}`
  const act = (actions: object) => call('POST', `${session}/actions`, { actions: [actions] })
  const typeKeys = (keys: readonly string[]) =>
    act({
      type: 'key',
      id: 'keyboard',
      actions: keys.flatMap((value) => [
        { type: 'keyDown', value },
        { type: 'keyUp', value },
      ]),
    })
  const ask: Tab['ask'] = (question, ...args) =>
    call('POST', `${session}/execute/sync`, {
      script: `return (${String(question)}).apply(null, arguments)`,
      args,
    })
  return {
    name: `webkitgtk/${capabilities.browserVersion}`,
    tab: {
      open: async (url) => void (await call('POST', `${session}/url`, { url })),
      ask,
      async click(selector) {
        const { x, y } = await middleOf({ ask }, selector)
        const actions = [
          { type: 'pointerMove', x, y, duration: 0 },
          { type: 'pointerDown', button: 0 },
          { type: 'pointerUp', button: 0 },
        ]
        await act({ type: 'pointer', id: 'mouse', parameters: { pointerType: 'mouse' }, actions })
      },
      press: async (key) => void (await typeKeys([KEYS[key]])),
      type: async (text) => void (await typeKeys([...text])),
      async picture(path) {
        await Bun.write(path, Buffer.from(await call<string>('GET', `${session}/screenshot`), 'base64'))
      },
    },
    async close() {
      await call('DELETE', session).catch(() => undefined)
      for (const child of children.reverse()) child.kill()
      await Promise.all(children.map(({ exited }) => exited))
    },
  }
}
