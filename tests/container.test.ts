import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { chmod, chown, copyFile, mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { $ } from 'bun'
import { buildBinary, buildClient } from '../src/tools/build.ts'
import { eventually } from './support/eventually.ts'

const project = dirname(import.meta.dir)
const dockerfile = await Bun.file(join(project, 'Dockerfile')).text()

test('[O19] the Dockerfile says what a container needs, and its last stage starts from nothing', () => {
  const last = dockerfile.slice(dockerfile.lastIndexOf('\nFROM ') + 1)
  for (const line of [
    'FROM scratch',
    'EXPOSE 3000',
    'VOLUME /data',
    'STOPSIGNAL SIGTERM',
    'ENTRYPOINT ["/hubbub"]',
    'ENV DATA_DIR=/data',
  ])
    expect(last.split('\n')).toContain(line)
  // with one, a new volume of root's could not be taken over
  expect(last).not.toMatch(/^USER /m)
  expect(last).toMatch(/^HEALTHCHECK .* CMD \["\/hubbub", "healthcheck"\]$/m)
  expect(last).toMatch(/org\.opencontainers\.image\.version/)
  expect(last).not.toMatch(/^(RUN|ADD) /m)
})

test('[O19] bases are pinned: by a digest, or by an exact version and a word about why', async () => {
  const { version, packageManager } = await Bun.file(join(project, 'package.json')).json()
  const bases = [...dockerfile.matchAll(/^FROM (\S+)/gm)].map(([, base]) => base)
  expect(bases).toEqual([`oven/bun:${packageManager.split('@')[1]}`, 'scratch'])
  expect(dockerfile).not.toContain('sha256:')
  expect(dockerfile).toContain('digest could not be looked up')
  expect(dockerfile).toContain(`ARG VERSION=${version}`)
})

/** The process at the end of a chain in which each has started one other. */
async function lastOf(pid: number): Promise<number> {
  const [child] = (await Bun.file(`/proc/${pid}/task/${pid}/children`).text()).split(' ')
  return child ? lastOf(Number(child)) : pid
}

/** How this machine runs something in a root of its own that is mounted read-only, with no capability and as uid 1000. */
const UNSHARE = [
  'unshare',
  '--mount',
  '--pid',
  '--fork',
  '--kill-child',
  ...(process.getuid?.() === 0 ? [] : ['--map-root-user']),
]
const possible = (await $`${UNSHARE} true`.quiet().nothrow()).exitCode === 0 && Bun.which('setpriv') !== null
const here = possible && process.platform === 'linux' && process.getuid?.() === 0
if (!here) console.log('A root of its own needs unshare, setpriv and root: the image is not run here.')

describe.skipIf(!here)('the image, its steps carried out one by one', () => {
  const port = 20_000 + (process.pid % 10_000)
  const url = `http://127.0.0.1:${port}`
  let folder = ''
  let image = ''
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hubbub-image-'))
    image = join(folder, 'image')
    const dist = join(folder, 'public')
    await buildClient({ root: project, out: dist, compress: 'best' })
    await mkdir(image, { recursive: true })
    await buildBinary({ root: project, public: dist, outfile: join(image, 'hubbub') })
    for (const name of await readdir(image)) if (name.endsWith('.map')) await rm(join(image, name))
    const needed = await $`ldd ${join(image, 'hubbub')}`.text()
    for (const [library] of needed.matchAll(/\/\S*\.so\S*/g)) {
      await mkdir(dirname(image + library), { recursive: true })
      await copyFile(library, image + library)
    }
    for (const name of ['data', 'proc']) await mkdir(join(image, name), { mode: 0o700 })
    await chmod(folder, 0o755)
    await chown(join(image, 'data'), 1000, 1000)
    await chmod(join(image, 'data'), 0o700)
  }, 120_000)
  afterAll(() => rm(folder, { recursive: true, force: true }))

  /** As `docker run --read-only -v …:/data` has it; with `user` also `--cap-drop ALL --user 1000 --security-opt no-new-privileges`. */
  function start(as: 'user' | 'root', ...args: string[]) {
    const script = `mount --make-rprivate / && mount --bind "$1" "$1" && mount --bind "$1/data" "$1/data" &&
      mount -t proc proc "$1/proc" && mount -o remount,bind,ro "$1" && cd "$1" && shift &&
      exec chroot . /hubbub "$@"`
    // setpriv is not in the image: capabilities and uid are dropped by chroot's own options
    const inside =
      as === 'root'
        ? script
        : script.replace(
            'chroot .',
            'setpriv --no-new-privs --bounding-set=-all,+sys_chroot,+setuid,+setgid chroot --userspec=1000:1000 .',
          )
    return Bun.spawn([...UNSHARE, 'sh', '-c', inside, 'sh', image, ...args], {
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', PORT: String(port), DATA_DIR: '/data' },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
  }
  async function ready(child: ReturnType<typeof start>): Promise<void> {
    let answered = false
    while (!answered && child.exitCode === null) {
      answered = await fetch(`${url}/readyz`).then(
        ({ ok }) => ok,
        () => false,
      )
      await Bun.sleep(5)
    }
    expect(child.exitCode).toBeNull()
  }
  const statusOf = (pid: number) => Bun.file(`/proc/${pid}/status`).text()
  const residentOf = async (pid: number) => Number(/^VmRSS:\s+(\d+)/m.exec(await statusOf(pid))?.[1]) / 1024

  test('[O18, O19] with a read-only root, as uid 1000 and without capabilities it serves in 60 MiB, is healthy, and stops cleanly', async () => {
    const began = performance.now()
    const child = start('user')
    await ready(child)
    const ms = Math.round(performance.now() - began)
    // before anybody has come, and once what a start leaves behind is collected
    const idle = await eventually('it is small', async () => {
      const mebibytes = await residentOf(await lastOf(child.pid))
      return mebibytes <= 60 && mebibytes
    })

    const page = await fetch(url)
    expect([page.status, (await page.text()).includes('/assets/main-')]).toEqual([200, true])
    const signedUp = await fetch(`${url}/api/session`, {
      method: 'POST',
      headers: { origin: url, 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'Ada' }),
    })
    expect(signedUp.status).toBe(201)
    expect(await start('user', 'healthcheck').exited).toBe(0)

    const server = await lastOf(child.pid)
    const status = await statusOf(server)
    expect(status).toMatch(/^Uid:\t1000\t1000\t1000\t1000$/m)
    expect(status).toMatch(/^CapEff:\t0+$/m)
    expect(status).toMatch(/^NoNewPrivs:\t1$/m)

    process.kill(server, 'SIGTERM')
    expect(await child.exited).toBe(0)
    for (const name of await readdir(join(image, 'data')))
      expect(`${name} ${(await stat(join(image, 'data', name))).uid}`).toBe(`${name} 1000`)
    expect(await readdir(image)).not.toContain('tmp')
    const bytes = await $`tar -c -C ${image} . | gzip -1 | wc -c`.text()
    console.log(
      `image: ${(Number(bytes) / 2 ** 20).toFixed(1)} MiB compressed, ready in ${ms} ms, ${idle.toFixed(1)} MiB resident`,
    )
    expect(Number(bytes)).toBeLessThanOrEqual(70 * 2 ** 20)
  }, 60_000)

  test('[O19, S32] started as root on a volume of root’s it becomes uid 1000 before it opens anything, its files too', async () => {
    const data = join(image, 'data')
    await $`chown -R 0:0 ${data}`
    const child = start('root')
    await ready(child)
    const server = await lastOf(child.pid)
    const status = await statusOf(server)
    expect(status).toMatch(/^Uid:\t1000\t1000\t1000\t1000$/m)
    expect(status).toMatch(/^Gid:\t1000\t1000\t1000\t1000$/m)
    expect(status).toMatch(/^Groups:\t1000 $/m)
    expect(status).toMatch(/^CapEff:\t0+$/m)
    const made = start('root', 'backup', '--json')
    const { file } = JSON.parse(await new Response(made.stdout).text()) as { file: string }
    process.kill(server, 'SIGTERM')
    expect(await child.exited).toBe(0)
    const names = ['.', ...(await readdir(data, { recursive: true }))]
    expect(names).toContain(file.replace('/data/', ''))
    for (const name of names) expect(`${name} ${(await stat(join(data, name))).uid}`).toBe(`${name} 1000`)
  }, 60_000)
})
