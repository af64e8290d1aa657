import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'

/** Text or bytes of a plain file, or what else a tree can hold; null removes the path. */
export type RepoFile =
  | string
  | Uint8Array
  | { executable: string }
  | { symlink: string }
  | { submodule: string; commit: string }
  | null

export interface RepoCommit {
  /** Path → content, on top of the branch's last commit. */
  files: Readonly<Record<string, RepoFile>>
  message?: string
  /** Default `main`; a new branch starts at the commit before this one. */
  branch?: string
}

export interface RepoOptions {
  /** Short for one commit. */
  files?: Readonly<Record<string, RepoFile>>
  commits?: readonly RepoCommit[]
  /** Names of lightweight tags → index of the commit. */
  tags?: Readonly<Record<string, number>>
  /** Names of annotated tags → index of the commit. */
  annotatedTags?: Readonly<Record<string, number>>
  /** Names of further branches → index of the commit. */
  branches?: Readonly<Record<string, number>>
}

export interface Repo {
  /** The bare repository. */
  dir: string
  /** 40-hex names in the order of `commits`. */
  commits: readonly string[]
  /** Add one commit, which moves its branch. */
  commit(commit: RepoCommit): string
  git(...args: string[]): string
}

const EPOCH = 1_700_000_000
const WHO = 'Test <test@example.org>'

/**
 * A bare repository at `dir`, written by one `git fast-import`. Names and dates are fixed:
 * the same options give the same commits on every machine.
 */
export function createRepo(dir: string, options: RepoOptions): Repo {
  const all = options.commits ?? [{ files: options.files ?? {} }]
  mkdirSync(dir, { recursive: true })
  runGit(dir, ['init', '--quiet', '--bare', '--initial-branch=main', '.'])
  const commits = importCommits(dir, all, 0, null)
  for (const [name, index] of Object.entries(options.branches ?? {}))
    runGit(dir, ['branch', '--force', name, at(commits, index)])
  for (const [name, index] of Object.entries(options.tags ?? {}))
    runGit(dir, ['tag', name, at(commits, index)])
  for (const [name, index] of Object.entries(options.annotatedTags ?? {}))
    runGit(dir, ['tag', '--annotate', '--message', `release ${name}`, name, at(commits, index)])
  return {
    dir,
    commits,
    git: (...args) => runGit(dir, args),
    commit: (commit) => {
      const count = Number(runGit(dir, ['rev-list', '--all', '--count']))
      const branch = `refs/heads/${commit.branch ?? 'main'}`
      const tip = runGit(dir, ['for-each-ref', '--format=%(objectname)', branch])
      return at(importCommits(dir, [commit], count, tip === '' ? null : tip), 0)
    },
  }
}

function importCommits(
  dir: string,
  commits: readonly RepoCommit[],
  count: number,
  tip: string | null,
): string[] {
  const marks = join(dir, 'marks')
  const started = new Set<string>()
  const stream: (string | Uint8Array)[] = []
  for (const [index, { files, message, branch = 'main' }] of commits.entries()) {
    const when = `${WHO} ${EPOCH + (count + index) * 60} +0000`
    const text = message ?? `commit ${count + index + 1}`
    stream.push(`commit refs/heads/${branch}\nmark :${index + 1}\n`)
    stream.push(`author ${when}\ncommitter ${when}\n`, ...data(text))
    if (!started.has(branch)) {
      const parent = index === 0 ? tip : `:${index}`
      if (parent !== null) stream.push(`from ${parent}\n`)
    }
    started.add(branch)
    for (const [path, file] of Object.entries(withModules(files)))
      stream.push(...change(path, file))
  }
  runGit(dir, ['fast-import', '--quiet', '--force', `--export-marks=${marks}`], toBytes(stream))
  const names = new Map(
    readFileSync(marks, 'utf8')
      .trim()
      .split('\n')
      .map((line): [string, string] => [line.slice(0, line.indexOf(' ')), line.slice(-40)]),
  )
  rmSync(marks)
  return commits.map((_, index) => names.get(`:${index + 1}`) ?? '')
}

function change(path: string, file: RepoFile): (string | Uint8Array)[] {
  if (file === null) return [`D ${path}\n`]
  if (typeof file === 'string' || file instanceof Uint8Array)
    return [`M 100644 inline ${path}\n`, ...data(file)]
  if ('submodule' in file) return [`M 160000 ${file.commit} ${path}\n`]
  return 'symlink' in file
    ? [`M 120000 inline ${path}\n`, ...data(file.symlink)]
    : [`M 100755 inline ${path}\n`, ...data(file.executable)]
}

/** A commit with submodules gets the `.gitmodules` that names them, unless it brings its own. */
function withModules(files: Readonly<Record<string, RepoFile>>): Record<string, RepoFile> {
  const sections = Object.entries(files).flatMap(([path, file]) =>
    file !== null && typeof file === 'object' && 'submodule' in file
      ? [`[submodule "${path}"]\n\tpath = ${path}\n\turl = ${file.submodule}\n`]
      : [],
  )
  return sections.length === 0 ? { ...files } : { '.gitmodules': sections.join(''), ...files }
}

function data(content: string | Uint8Array): (string | Uint8Array)[] {
  return [`data ${Buffer.byteLength(content)}\n`, content, '\n']
}

function toBytes(parts: readonly (string | Uint8Array)[]): Buffer {
  return Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part)))
}

function at(commits: readonly string[], index: number): string {
  const commit = commits.at(index)
  if (commit === undefined) throw new Error(`the repository has no commit number ${index}`)
  return commit
}

function runGit(dir: string, args: string[], input: Uint8Array = Buffer.alloc(0)): string {
  const date = `${EPOCH} +0000`
  const env = {
    PATH: process.env.PATH,
    HOME: dir,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_AUTHOR_NAME: 'Test',
    GIT_AUTHOR_EMAIL: 'test@example.org',
    GIT_AUTHOR_DATE: date,
    GIT_COMMITTER_NAME: 'Test',
    GIT_COMMITTER_EMAIL: 'test@example.org',
    GIT_COMMITTER_DATE: date,
  }
  return execFileSync('git', args, { cwd: dir, env, input, encoding: 'utf8' }).trim()
}
