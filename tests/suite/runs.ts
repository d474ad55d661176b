/** Runs tests, and each that failed a second time, alone: a test that passes then is flaky, not broken. */
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Case, casesOf, isOutsideTest } from './cases.ts'

/** More flaky tests than this are no accident: something is wrong with the tests, or with what they test. */
const MAX_FLAKY = 3
/** If more tests failed than this, the run fails whatever a second run says. */
const MAX_RETRIES = 20

/** Runs a command. @returns its exit code */
export type Step = (name: string, command: string[]) => Promise<number>

/** What is run again: one test, or a whole file where no test can be named. */
interface Suspect {
  step: string
  /** the file; or all paths of the step, if its report is missing */
  paths: readonly string[]
  name: string
  /** null: the whole file */
  path: string | null
}

export interface Verdict {
  /** steps with a test that failed twice */
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
  /** for each step, how many of its suspects have not passed since */
  const open = new Map<string, number>()
  const flaky: string[] = []
  let reports = 0

  return { run, retry, verdict }

  /** @param paths files, folders or parts of paths @param options of `bun test` */
  async function run(name: string, paths: readonly string[], ...options: readonly string[]): Promise<void> {
    const { code, seen } = await runOnce(name, [...options, ...paths])
    cases.push(...(seen ?? []))
    if (code === 0 && seen !== null) return
    const found = seen === null ? [wholeFile(name, paths)] : await suspectsOf(name, paths, seen)
    // A failure without a suspect keeps the step broken.
    open.set(name, (open.get(name) ?? 0) + Math.max(1, found.length))
    suspects.push(...found)
  }

  /** Runs each suspect alone, while nothing else runs. */
  async function retry(): Promise<void> {
    if (suspects.length > MAX_RETRIES) {
      console.log(`${suspects.length} failed, too many for a second time`)
      return
    }
    for (const { step: name, paths, name: title, path } of suspects) {
      const only = path === null ? [] : ['-t', `^${path.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')}$`]
      const { code, seen } = await runOnce(`again: ${paths.join(' ')}: ${title}`, [...paths, ...only])
      const all = seen ?? []
      const hasPassed =
        path === null ? seen !== null : all.some((each) => each.path === path && each.result === 'passed')
      if (path === null)
        cases = [...cases.filter(({ file }) => !all.some((each) => each.file === file)), ...all]
      if (code !== 0 || !hasPassed) continue
      for (const each of cases) if (each.file === paths[0] && each.path === path) each.result = 'passed'
      open.set(name, (open.get(name) ?? 0) - 1)
      flaky.push(`${paths.join(' ')}: ${title}`)
    }
  }

  function verdict(): Verdict {
    const withResult = (result: Case['result']) => cases.filter((each) => each.result === result)
    const broken = [...open].filter(([, count]) => count !== 0).map(([name]) => name)
    const failures = Math.max(withResult('failed').length, broken.length)
    const passed = withResult('passed').length
    return {
      broken,
      skipped: withResult('skipped').map(({ file, name }) => `${file}: ${name}`),
      flaky,
      passed,
      failures,
      isGood: failures === 0 && passed > 0 && flaky.length <= MAX_FLAKY,
    }
  }

  /** @returns `seen` is null if the run ended before it wrote a report */
  async function runOnce(
    name: string,
    args: readonly string[],
  ): Promise<{ code: number; seen: Case[] | null }> {
    const report = join(tmpdir(), `hubbub-tests-${process.pid}-${(reports += 1)}.xml`)
    // Bun ignores the timeout of bunfig.toml.
    const options = ['--isolate', '--timeout=20000', '--reporter=junit', `--reporter-outfile=${report}`]
    const code = await step(name, [process.execPath, 'test', ...options, ...args])
    const file = Bun.file(report)
    const seen = (await file.exists()) ? casesOf(await file.text()) : null
    await rm(report, { force: true })
    return { code, seen }
  }

  async function suspectsOf(name: string, paths: readonly string[], seen: Case[]): Promise<Suspect[]> {
    const failing = seen.filter(({ result }) => result === 'failed')
    // A file that cannot be loaded is in no report.
    const missing = (await filesOf(paths)).filter((path) => !seen.some(({ file }) => file === path))
    const files = new Set([...missing, ...failing.filter(isOutsideTest).map(({ file }) => file)])
    const found = Array.from(files, (file) => wholeFile(name, [file]))
    for (const { file, name: title, path } of failing.filter((each) => !files.has(each.file))) {
      const isUnique = seen.filter((each) => each.file === file && each.path === path).length === 1
      const suspect = { step: name, paths: [file], name: title, path: isUnique ? path : null }
      const isKnown = found.some((each) => each.paths[0] === file && each.path === suspect.path)
      if (!isKnown) found.push(suspect)
    }
    return found
  }

  /** Test files whose path contains one of these, as Bun reads its arguments. */
  async function filesOf(parts: readonly string[]): Promise<string[]> {
    const files = await Array.fromAsync(new Bun.Glob('tests/**/*.test.ts').scan({ cwd: root }))
    return files.filter((file) => parts.some((part) => file.includes(part.replace(/^\.\//, ''))))
  }
}

const wholeFile = (step: string, paths: readonly string[]): Suspect => ({
  step,
  paths,
  name: 'outside of a test',
  path: null,
})
