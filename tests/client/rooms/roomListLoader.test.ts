import { describe, expect, test } from 'bun:test'
import { createRoomListLoader } from '../../../src/client/rooms/roomListLoader.ts'
import type { ApiResult, Api } from '../../../src/client/net/api.ts'
import { reduce } from '../../../src/client/state/reduce.ts'
import { createStore } from '../../../src/client/state/store.ts'
import type { ConnectionState } from '../../../src/client/state/state.ts'
import type { RoomEntry } from '../../../src/shared/model.ts'
import { counts, eve, listed, NOON, numbers, welcome } from '../../support/client/aState.ts'
import { atFakeServer } from '../../support/client/fakeServer.ts'
import { fakeTime } from '../../support/client/fakeTime.ts'

const SECOND = 1_000
const lost = { state: 'waiting', until: NOON, since: NOON, attempt: 1, announced: false } as const

type Client = Awaited<ReturnType<typeof atFakeServer>>
type Answer = ApiResult<{ rooms: RoomEntry[]; more: boolean }>

const settled = () => new Promise<void>((resolve) => setImmediate(resolve))

/** The list of rooms of a client, or of a page without one. The test answers each request by `answer` or `refuse`. */
function aLoader(client?: Client) {
  const { store, time, sync } = client ?? {
    store: createStore(reduce),
    time: fakeTime(),
    sync: { leaveCount: () => 0, leftSince: () => false },
  }
  store.dispatch({ type: 'framesReceived', frames: [welcome], now: NOON })
  const requests: { text: string | undefined; resolve(answer: Answer): void }[] = []
  const rooms: Api['rooms'] = (text) => new Promise((resolve) => requests.push({ text, resolve }))
  const loader = createRoomListLoader(store, sync, { rooms }, time, new AbortController().signal)
  const settle = async (request: number, answer: Answer) => {
    requests[request]?.resolve(answer)
    await settled()
  }
  return {
    store,
    loader,
    requests,
    answer: (request: number, names: readonly string[], entry: Partial<RoomEntry> = {}, more = false) =>
      settle(request, { ok: true, value: { rooms: names.map((room) => listed(room, entry)), more } }),
    refuse: (request: number, code: 'rateLimited' | 'offline') => settle(request, { ok: false, code }),
    connect: (connection: ConnectionState) =>
      store.dispatch({ type: 'connectionChanged', connection, now: NOON }),
    async pass(ms: number) {
      time.pass(ms)
      await settled()
    },
    names: () => store.get().roomList.map(({ room }) => room),
    mine: () => store.get().roomList.flatMap(({ room, joined }) => (joined ? [room] : [])),
  }
}

async function aClient() {
  const client = (await atFakeServer()).live()
  return { sync: client.sync, wire: client.wire, ...aLoader(client) }
}

describe('the list of rooms', () => {
  test('[C121] is loaded once a connection, and not when a connection in doubt proves alive', async () => {
    const { connect, answer, requests } = aLoader()
    connect({ state: 'live' })
    await answer(0, ['lobby'])
    for (const state of ['suspect', 'live', 'suspect', 'live'] as const) connect({ state })
    expect(requests).toHaveLength(1)
    connect(lost)
    connect({ state: 'live' })
    expect(requests).toHaveLength(2)
  })

  test('[C121] is requested again until it comes, for as long as the connection lasts', async () => {
    const { connect, refuse, pass, requests } = aLoader()
    connect({ state: 'live' })
    await refuse(0, 'rateLimited')
    await pass(SECOND)
    await refuse(1, 'offline')
    await pass(SECOND)
    expect(requests).toHaveLength(2)
    connect(lost)
    await pass(60 * SECOND)
    expect(requests).toHaveLength(2)
  })

  test('[C120] is not replaced by an older answer', async () => {
    const { loader, answer, names } = aLoader()
    void loader.load()
    void loader.load()
    await answer(1, ['lobby', 'new'])
    await answer(0, ['lobby'])
    expect(names()).toEqual(['lobby', 'new'])
  })

  test('[C120, U330] keeps a room that was made since the request', async () => {
    const { loader, store, answer, names } = aLoader()
    void loader.load()
    const entry = listed('new', { joined: false })
    store.dispatch({ type: 'framesReceived', frames: [{ type: 'room', entry }], now: NOON })
    await answer(0, ['lobby'])
    expect(names()).toEqual(['lobby', 'new'])
  })

  test('[U332] is loaded anew when the page is seen again, at most once a minute', async () => {
    const { connect, loader, answer, pass, requests } = aLoader()
    connect({ state: 'live' })
    await answer(0, ['lobby'])
    loader.seen()
    await pass(59 * SECOND)
    loader.seen()
    expect(requests).toHaveLength(1)
    await pass(SECOND)
    loader.seen()
    loader.seen()
    expect(requests).toHaveLength(2)
  })

  test('[U332] is not requested while nobody is signed in', async () => {
    const { store, loader, pass, requests } = aLoader()
    store.dispatch({ type: 'signedOut', inOtherTab: false })
    await pass(60 * SECOND)
    loader.seen()
    expect(requests).toHaveLength(0)
  })

  test('[C120] is not shown to another person', async () => {
    const { loader, store, answer, names } = aLoader()
    void loader.load()
    store.dispatch({ type: 'selfChanged', self: { ...eve, role: 'guest' } })
    await answer(0, ['of-ada'])
    expect(names()).toEqual([])
  })

  test('[C120] lists no room as mine that was left since the request', async () => {
    const { loader, sync, wire, answer, mine } = await aClient()
    await answer(0, ['attic', 'lobby'])
    void loader.load()
    sync.leave('attic')
    await answer(1, ['attic', 'lobby'])
    expect(mine()).toEqual(['lobby'])

    // Requested before the server hears of the leave, answered after that.
    void loader.load()
    wire.say({ type: 'left', ref: wire.all('leave')[0]?.ref ?? '', room: 'attic' })
    await answer(2, ['attic', 'lobby'])
    expect(mine()).toEqual(['lobby'])

    // Another device joins the room again.
    void loader.load()
    await answer(3, ['attic', 'lobby'])
    expect(mine()).toEqual(['attic', 'lobby'])
  })

  test('[C120] lists a room as mine that was joined since the request', async () => {
    const { sync, wire, pass, answer, mine } = await aClient()
    sync.open('den')
    wire.say(counts(3, { room: 'den', ref: wire.all('join').at(-1)?.ref ?? '' }))
    await pass(10)
    await answer(0, ['den'], { joined: false })
    expect(mine()).toEqual(['den'])
  })

  test('[C120] does not bring back a room that another device left before the first list came', async () => {
    const { wire, pass, answer, mine } = await aClient()
    wire.say({ type: 'left', room: 'attic' })
    await pass(10)
    await answer(0, ['attic', 'lobby'])
    expect(mine()).toEqual(['lobby'])
    expect(wire.all('join').map(({ room }) => room)).toEqual(['lobby'])
  })
})

describe('searching rooms that are not listed', () => {
  async function aPartialList() {
    const page = aLoader()
    page.connect({ state: 'live' })
    await page.answer(0, ['lobby', 'mine'], {}, true)
    const type = async (text: string) => {
      page.loader.find(text)
      await page.pass(200)
    }
    const searched = () => page.requests.slice(1).map(({ text }) => text)
    return { ...page, type, searched }
  }

  test('[U144] the server is asked once typing rests, and its answer is listed after my rooms', async () => {
    const { loader, pass, answer, searched, names } = await aPartialList()
    for (const text of ['k', 'ki', ' kit ']) {
      loader.find(text)
      await pass(100)
    }
    expect(searched()).toEqual([])
    await pass(200)
    expect(searched()).toEqual(['kit'])
    await answer(1, ['kitchen'], { joined: false })
    expect(names()).toEqual(['lobby', 'mine', 'kitchen'])
  })

  test('[U144] only the answer to the last text counts', async () => {
    const { type, answer, names } = await aPartialList()
    await type('ki')
    await type('kitc')
    await answer(2, ['kitchen'], { joined: false })
    await answer(1, ['kiosk'], { joined: false })
    expect(names()).toEqual(['lobby', 'mine', 'kitchen'])
  })

  test('[U144] a blank text is not searched, and a search that was too fast is repeated', async () => {
    const { type, refuse, pass, searched } = await aPartialList()
    await type('  ')
    await type('kit')
    await refuse(1, 'rateLimited')
    await pass(SECOND)
    expect(searched()).toEqual(['kit', 'kit'])
  })

  test('[U144] nothing is searched if the list holds all rooms', async () => {
    const { connect, answer, loader, pass, requests } = aLoader()
    connect({ state: 'live' })
    await answer(0, ['lobby'])
    loader.find('kit')
    await pass(SECOND)
    expect(requests).toHaveLength(1)
  })

  test('[U144] at most 1,000 rooms of earlier searches are kept', async () => {
    const { type, answer, names } = await aPartialList()
    for (const n of numbers(1, 8)) {
      await type(`room ${n}`)
      const found = numbers(1, 200).map((room) => `room-${n}-${room}`)
      await answer(n, found, { joined: false })
    }
    expect(names()).toHaveLength(2 + 200 + 1_000)
  })
})
