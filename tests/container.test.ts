import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { chmod, chown, copyFile, mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { $ } from 'bun'
import { buildBinary, buildClient } from '../src/tools/build.ts'
import { freePort } from './support/server/aServer.ts'
import { eventually } from './support/eventually.ts'

const project = dirname(import.meta.dir)

test('[O19] the Dockerfile ends from scratch, without a USER that could not take over a root-owned volume', async () => {
  const dockerfile = await Bun.file(join(project, 'Dockerfile')).text()
  const lastStage = dockerfile.slice(dockerfile.lastIndexOf('\nFROM ') + 1)
  for (const line of ['FROM scratch', 'VOLUME /data', 'ENTRYPOINT ["/hubbub"]', 'ENV DATA_DIR=/data'])
    expect(lastStage.split('\n')).toContain(line)
  expect(lastStage).toMatch(/^HEALTHCHECK .* CMD \["\/hubbub", "healthcheck"\]$/m)
  expect(lastStage).not.toMatch(/^(USER|RUN|ADD) /m)
  const { version, packageManager } = await Bun.file(join(project, 'package.json')).json()
  expect(dockerfile).toContain(`\nFROM oven/bun:${packageManager.split('@')[1]} AS build\n`)
  expect(dockerfile).toContain(`ARG VERSION=${version}`)
})

/** The process at the end of a chain in which each process has started one other. */
async function lastOf(pid: number): Promise<number> {
  const [child] = (await Bun.file(`/proc/${pid}/task/${pid}/children`).text()).split(' ')
  return child ? lastOf(Number(child)) : pid
}

const UNSHARE = ['unshare', '--mount', '--pid', '--fork', '--kill-child']
const canRun =
  process.platform === 'linux' &&
  process.getuid?.() === 0 &&
  Bun.which('setpriv') !== null &&
  (await $`${UNSHARE} true`.quiet().nothrow()).exitCode === 0
if (!canRun) console.log('SKIPPED [O19] running the image: this needs unshare, setpriv and root')

/**
 * Lets the next start read a file that was just written from the disk, as a start on an operator's machine does. While the
 * file is still in memory from being written, the kernel counts some 4 MB more of it for the process.
 */
async function readFromDisk(file: string): Promise<void> {
  await $`sync ${file} && dd if=${file} iflag=nocache count=0 status=none`.quiet().nothrow()
}

describe.skipIf(!canRun)('the image, built as the Dockerfile does', () => {
  const port = freePort()
  const url = `http://127.0.0.1:${port}`
  let folder = ''
  let image = ''
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hubbub-image-'))
    image = join(folder, 'image')
    const pages = join(folder, 'public')
    await buildClient({ root: project, out: pages, compress: 'best' })
    await mkdir(image, { recursive: true })
    await buildBinary({ root: project, public: pages, outfile: join(image, 'hubbub') })
    for (const name of await readdir(image)) if (name.endsWith('.map')) await rm(join(image, name))
    for (const [library] of (await $`ldd ${join(image, 'hubbub')}`.text()).matchAll(/\/\S*\.so\S*/g)) {
      await mkdir(dirname(image + library), { recursive: true })
      await copyFile(library, image + library)
    }
    for (const name of ['data', 'proc']) await mkdir(join(image, name), { mode: 0o700 })
    await chmod(folder, 0o755)
    await chown(join(image, 'data'), 1000, 1000)
    await readFromDisk(join(image, 'hubbub'))
  }, 120_000)
  const servers: number[] = []
  afterAll(async () => {
    for (const server of servers)
      if (await Bun.file(`/proc/${server}/status`).exists()) process.kill(server, 'SIGKILL')
    await rm(folder, { recursive: true, force: true })
  })

  /** Mounts the image read-only but for /data. As uid 1000 also without capabilities, as `docker run --cap-drop ALL`. */
  function start(user: 'uid 1000' | 'root', ...args: string[]) {
    const asUser =
      'setpriv --no-new-privs --bounding-set=-all,+sys_chroot,+setuid,+setgid chroot --userspec=1000:1000'
    const script = `mount --make-rprivate / && mount --bind "$1" "$1" && mount --bind "$1/data" "$1/data" &&
      mount -t proc proc "$1/proc" && mount -o remount,bind,ro "$1" && cd "$1" && shift &&
      exec ${user === 'root' ? 'chroot' : asUser} . /hubbub "$@"`
    return Bun.spawn([...UNSHARE, 'sh', '-c', script, 'sh', image, ...args], {
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', PORT: String(port), DATA_DIR: '/data' },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
  }
  /** @returns the server's process */
  async function ready(child: ReturnType<typeof start>): Promise<number> {
    const isReady = () =>
      fetch(`${url}/readyz`).then(
        ({ ok }) => ok,
        () => false,
      )
    // Not more often: each answer takes memory, which is measured.
    while (child.exitCode === null && !(await isReady())) await Bun.sleep(100)
    expect(child.exitCode).toBeNull()
    const server = await lastOf(child.pid)
    servers.push(server)
    return server
  }
  const statusOf = (pid: number) => Bun.file(`/proc/${pid}/status`).text()
  async function expectUser1000(pid: number): Promise<void> {
    const status = await statusOf(pid)
    expect(status).toMatch(/^Uid:\t1000\t1000\t1000\t1000$/m)
    expect(status).toMatch(/^Gid:\t1000\t1000\t1000\t1000$/m)
    expect(status).toMatch(/^CapEff:\t0+$/m)
  }
  /** Every file of /data belongs to uid 1000. */
  async function expectOwner1000(): Promise<string[]> {
    const names = ['.', ...(await readdir(join(image, 'data'), { recursive: true }))]
    for (const name of names)
      expect([name, (await stat(join(image, 'data', name))).uid]).toEqual([name, 1000])
    return names
  }

  test('[O18, O19] as uid 1000, without capabilities and on a read-only root, the server is small and stops cleanly', async () => {
    const child = start('uid 1000')
    const server = await ready(child)
    // Of an idle server's 60 MB about 48 are pages of Bun's executable; how many of these are resident, the kernel decides.
    await eventually('the server is small', async () => {
      const status = await statusOf(server)
      const mebibytes = (name: string) =>
        Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1]) / 1024
      return mebibytes('RssAnon') <= 16 && mebibytes('VmRSS') <= 60
    })
    const page = await fetch(url)
    expect([page.status, (await page.text()).includes('/assets/main-')]).toEqual([200, true])
    const headers = { origin: url, 'content-type': 'application/json' }
    const signUp = await fetch(`${url}/api/session`, { method: 'POST', headers, body: '{"name":"Ada"}' })
    expect(signUp.status).toBe(201)
    expect(await start('uid 1000', 'healthcheck').exited).toBe(0)
    await expectUser1000(server)
    expect(await statusOf(server)).toMatch(/^NoNewPrivs:\t1$/m)

    process.kill(server, 'SIGTERM')
    expect(await child.exited).toBe(0)
    await expectOwner1000()
    expect(await readdir(image)).not.toContain('tmp')
    const bytes = Number(await $`tar -c -C ${image} . | gzip -1 | wc -c`.text())
    expect(bytes).toBeLessThanOrEqual(70 * 2 ** 20)
  }, 60_000)

  test('[O19, S32] started as root on a root-owned volume, the server becomes uid 1000, and its files too', async () => {
    await $`chown -R 0:0 ${join(image, 'data')}`
    const child = start('root')
    const server = await ready(child)
    await expectUser1000(server)
    expect(await statusOf(server)).toMatch(/^Groups:\t1000 $/m)
    const backup = start('root', 'backup', '--json')
    const { file } = JSON.parse(await new Response(backup.stdout).text()) as { file: string }
    process.kill(server, 'SIGTERM')
    expect(await child.exited).toBe(0)
    expect(await expectOwner1000()).toContain(file.replace('/data/', ''))
  }, 60_000)
})
