/** Runs tests, and each file with a failure a second time, alone: a test that passes then is flaky, not broken. */
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** More flaky tests than this are no accident: something is wrong with the tests, or with what they test. */
const MAX_FLAKY = 3
/** If more files failed than this, the run fails whatever a second run says. */
const MAX_RETRIES = 10
/** The name of a failure in a hook or while a file is loaded, or of a process that ended. */
const OUTSIDE = 'outside of a test'

/** Runs a command. @returns its exit code */
export type Step = (name: string, command: string[]) => Promise<number>

/** One test of one run of `bun test`. */
interface Case {
  file: string
  name: string
  result: 'passed' | 'failed' | 'skipped'
}

export function testRuns(root: string, step: Step) {
  let cases: Case[] = []
  const suspects: { step: string; file: string }[] = []
  /** steps with a failure that a second run did not explain away */
  const broken = new Set<string>()
  const flaky: string[] = []
  let reports = 0

  return { run, retry, verdict }

  /** @param paths files, folders or parts of paths @param options of `bun test` */
  async function run(name: string, paths: readonly string[], ...options: readonly string[]): Promise<void> {
    const { code, seen } = await runOnce(name, [...options, ...paths])
    cases.push(...seen)
    if (code === 0 && seen.length > 0) return
    // A file that cannot be loaded, or ends its process, is in no report.
    const missing = (await filesOf(paths)).filter((path) => !seen.some(({ file }) => file === path))
    const failed = seen.filter(({ result }) => result === 'failed').map(({ file }) => file)
    const files = new Set([...missing, ...failed])
    suspects.push(...Array.from(files, (file) => ({ step: name, file })))
    if (files.size === 0) broken.add(name)
  }

  /** Runs each suspect file alone, while nothing else runs. */
  async function retry(): Promise<void> {
    const isHopeless = suspects.length > MAX_RETRIES
    if (isHopeless) console.log(`${suspects.length} files failed, too many for a second time`)
    for (const { step: name, file } of suspects) {
      const { code, seen } = isHopeless ? { code: 1, seen: [] } : await runOnce(`again: ${file}`, [file])
      if (code !== 0 || seen.length === 0) broken.add(name)
      if (seen.length === 0) continue
      const failedNames = (all: Case[]) =>
        new Set(all.filter((each) => each.file === file && each.result === 'failed').map(nameOf))
      const before = cases.some((each) => each.file === file) ? failedNames(cases) : new Set([OUTSIDE])
      for (const title of before.difference(failedNames(seen))) flaky.push(`${file}: ${title}`)
      cases = [...cases.filter((each) => each.file !== file), ...seen]
    }
  }

  function verdict() {
    const withResult = (result: Case['result']) => cases.filter((each) => each.result === result)
    const failures = Math.max(withResult('failed').length, broken.size)
    const passed = withResult('passed').length
    return {
      broken: [...broken],
      skipped: withResult('skipped').map(({ file, name }) => `${file}: ${name}`),
      flaky,
      passed,
      failures,
      isGood: failures === 0 && passed > 0 && flaky.length <= MAX_FLAKY,
    }
  }

  /** @returns `seen` is empty if the run ended before it wrote a report */
  async function runOnce(name: string, args: readonly string[]): Promise<{ code: number; seen: Case[] }> {
    const report = join(tmpdir(), `hubbub-tests-${process.pid}-${(reports += 1)}.xml`)
    // Bun ignores the timeout of bunfig.toml.
    const options = ['--isolate', '--timeout=20000', '--reporter=junit', `--reporter-outfile=${report}`]
    const code = await step(name, [process.execPath, 'test', ...options, ...args])
    const file = Bun.file(report)
    const seen = (await file.exists()) ? casesOf(await file.text()) : []
    await rm(report, { force: true })
    return { code, seen }
  }

  /** Test files whose path contains one of these, as Bun reads its arguments. */
  async function filesOf(parts: readonly string[]): Promise<string[]> {
    const files = await Array.fromAsync(new Bun.Glob('tests/**/*.test.ts').scan({ cwd: root }))
    return files.filter((file) => parts.some((part) => file.includes(part.replace(/^\.\//, ''))))
  }
}

/** Bun puts the names of failures outside of a test in parentheses. */
const nameOf = ({ name }: Case) => (/^\(.*\)$/.test(name) ? OUTSIDE : name)

/** Reads Bun's JUnit report. */
function casesOf(xml: string): Case[] {
  const elements = xml.matchAll(/<testcase\b((?:[^>"]|"[^"]*")*?)(?:\/>|>([\s\S]*?)<\/testcase>)/g)
  return Array.from(elements, ([, head = '', body = '']) => ({
    file: attribute(head, 'file'),
    name: attribute(head, 'name'),
    result: /<(failure|error)\b/.test(body) ? 'failed' : /<skipped\b/.test(body) ? 'skipped' : 'passed',
  }))
}

const ENTITIES: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

function attribute(head: string, name: string): string {
  const text = new RegExp(` ${name}="([^"]*)"`).exec(` ${head}`)?.[1] ?? '?'
  return text.replace(/&(?:#(\d+)|(amp|lt|gt|quot|apos));/g, (_, code?: string, entity = '') =>
    code === undefined ? (ENTITIES[entity] ?? '') : String.fromCodePoint(Number(code)),
  )
}
