/** Runs tests, and those that failed once again, each alone: what passes then is told apart from what is broken. */
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Case, casesOf, isOutside } from './cases.ts'

/** So many may pass the second time only. More are no bad luck: something is wrong with them, or with what they test. */
const MOST_FLAKY = 3
/** Of so many the run fails whatever a second time says, and it would take long. */
const MOST_AGAIN = 20

/** Runs a command and says how it ended. @returns its exit code */
export type Step = (name: string, command: string[]) => Promise<number>

/** What is run again: one test, or the whole file where it broke outside of one or the test cannot be named alone. */
interface Suspect {
  step: string
  /** what `bun test` is given: a file; what was asked for, where nothing at all came of it */
  paths: readonly string[]
  name: string
  /** null: all of it */
  path: string | null
}

export interface Verdict {
  /** steps that have not passed, a second time either */
  broken: string[]
  skipped: string[]
  flaky: string[]
  passed: number
  failures: number
  isGood: boolean
}

export function testRuns(root: string, step: Step) {
  let cases: Case[] = []
  const suspects: Suspect[] = []
  /** of a step, how much that failed in it has not passed since */
  const broken = new Map<string, number>()
  const flaky: string[] = []
  let reports = 0

  return { run, again, verdict }

  /** @param paths files, folders or parts of their names, and options of `bun test` */
  async function run(name: string, paths: readonly string[], ...how: readonly string[]): Promise<void> {
    const { code, seen } = await once(name, [...how, ...paths])
    cases.push(...(seen ?? []))
    if (code === 0 && seen !== null) return
    const found = seen === null ? [whole(name, paths)] : await suspectsOf(name, paths, seen)
    // What is found nowhere stays broken.
    broken.set(name, (broken.get(name) ?? 0) + Math.max(1, found.length))
    suspects.push(...found)
  }

  /** Each that failed, alone: nothing else of ours may be running. */
  async function again(): Promise<void> {
    if (suspects.length > MOST_AGAIN) {
      console.log(`${suspects.length} failed, too many for a second time`)
      return
    }
    for (const suspect of suspects) {
      const { paths, name, path } = suspect
      const only = path === null ? [] : ['-t', `^${path.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')}$`]
      const { code, seen } = await once(`again: ${paths.join(' ')}: ${name}`, [...paths, ...only])
      const all = seen ?? []
      const wasRun = path === null ? seen !== null : all.some((one) => one.path === path && passes(one))
      if (path === null)
        cases = [...cases.filter(({ file }) => !all.some((one) => one.file === file)), ...all]
      if (code !== 0 || !wasRun) continue
      for (const one of cases) if (paths[0] === one.file && one.path === path) one.result = 'passed'
      broken.set(suspect.step, (broken.get(suspect.step) ?? 0) - 1)
      flaky.push(`${paths.join(' ')}: ${name}`)
    }
  }

  /** Of all runs so far. */
  function verdict(): Verdict {
    const of = (result: Case['result']) => cases.filter((one) => one.result === result)
    const still = [...broken].filter(([, left]) => left !== 0).map(([name]) => name)
    const failures = Math.max(of('failed').length, still.length)
    const passed = of('passed').length
    return {
      broken: still,
      skipped: of('skipped').map(({ file, name }) => `${file}: ${name}`),
      flaky,
      passed,
      failures,
      isGood: failures === 0 && passed > 0 && flaky.length <= MOST_FLAKY,
    }
  }

  /** @returns no cases where the run broke off before it could write any down */
  async function once(name: string, args: readonly string[]): Promise<{ code: number; seen: Case[] | null }> {
    const report = join(tmpdir(), `hubbub-tests-${process.pid}-${(reports += 1)}.xml`)
    // Bun does not obey the limit of bunfig.toml.
    const how = ['--isolate', '--timeout=20000', '--reporter=junit', `--reporter-outfile=${report}`]
    const code = await step(name, [process.execPath, 'test', ...how, ...args])
    const file = Bun.file(report)
    const seen = (await file.exists()) ? casesOf(await file.text()) : null
    await rm(report, { force: true })
    return { code, seen }
  }

  async function suspectsOf(step: string, paths: readonly string[], seen: Case[]): Promise<Suspect[]> {
    const failing = seen.filter(({ result }) => result === 'failed')
    // What cannot be loaded is in no report.
    const absent = (await filesOf(paths)).filter((path) => !seen.some(({ file }) => file === path))
    const files = new Set([...absent, ...failing.filter(isOutside).map(({ file }) => file)])
    const tests = failing.filter(({ file }) => !files.has(file))
    const named = tests.map(({ file, name, path }): Suspect => {
      const isAlone = seen.filter((one) => one.file === file && one.path === path).length === 1
      return { step, paths: [file], name, path: isAlone ? path : null }
    })
    const all = [...Array.from(files, (file) => whole(step, [file])), ...named]
    const keyOf = ({ paths, path }: Suspect) => JSON.stringify([paths, path])
    return all.filter((one, at) => all.findIndex((other) => keyOf(other) === keyOf(one)) === at)
  }

  /** Files of tests whose path has one of these in it, as Bun reads its arguments. */
  async function filesOf(parts: readonly string[]): Promise<string[]> {
    const files = await Array.fromAsync(new Bun.Glob('tests/**/*.test.ts').scan({ cwd: root }))
    return files.filter((file) => parts.some((part) => file.includes(part.replace(/^\.\//, ''))))
  }
}

const whole = (step: string, paths: readonly string[]): Suspect => ({
  step,
  paths,
  name: 'outside of a test',
  path: null,
})

const passes = ({ result }: Case) => result === 'passed'
