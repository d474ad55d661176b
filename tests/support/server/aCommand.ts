import { join } from 'node:path'

const MAIN = join(import.meta.dir, '../../../src/main.ts')

export interface Ran {
  code: number
  out: string
  err: string
  bytes: Uint8Array<ArrayBuffer>
  /** ms of CPU it took */
  cpu: number
}

/** Runs a command of `src/main.ts` to its end. Its environment is `env` and PATH. */
export async function aCommand(
  args: readonly string[],
  env: Record<string, string> = {},
  input: Uint8Array | 'ignore' = 'ignore',
  before: readonly string[] = [],
): Promise<Ran> {
  const child = Bun.spawn([...before, process.execPath, MAIN, ...args], {
    env: { PATH: process.env.PATH ?? '', ...env },
    stdin: input,
    stdout: 'pipe',
    stderr: 'pipe',
  })
  const [bytes, err, code] = await Promise.all([
    new Response(child.stdout).bytes(),
    new Response(child.stderr).text(),
    child.exited,
  ])
  const cpu = Number(child.resourceUsage()?.cpuTime.total) / 1_000
  return { code, out: new TextDecoder().decode(bytes), err, bytes, cpu }
}
