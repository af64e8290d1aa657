import { setMaxListeners } from 'node:events'
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { main } from '../../src/cli/main.ts'
import { ensureUv } from '../../src/python/uv.ts'
import { cleanEnv, spawnCli, type CliResult, type RunningCli } from './cli.ts'
import { startFileServer, type FileServer } from './file-server.ts'
import { createRepo, type Repo } from './git-repo.ts'
import { startGitServer, type GitServer } from './git-server.ts'
import { requirePublishedShape } from './published-shape.ts'
import { coreFiles, oldCoreChanges, packRepos } from './test-packs.ts'
import { tempDir, whenOver } from './temp.ts'
import { createTestCtx } from './test-ctx.ts'
import { testCache, worldWheels } from './wheels.ts'

type Env = Record<string, string | undefined>

/** What a spec has beside its id; the core is the stand-in at its first commit unless given. */
export type SpecPart = Readonly<Record<string, unknown>>

export interface World {
  root: string
  versionsDir: string
  cacheRoot: string
  modelsDir: string
  /** Folder of wheels; the only source of packages. */
  wheels: string
  git: GitServer
  files: FileServer
  env: Env
  /** `http://…/<name>.git`; `core` and the packs of `test-packs.ts`. */
  repo(name: string): Repo & { url: string }
  /** A pack for `custom_nodes`, pinned to a commit by its number. */
  pack(name: string, commit?: number): SpecPart
  /** A model for `models`, from the file server. */
  model(name: string): SpecPart
  home(id: string): string
  writeSpec(id: string, part?: SpecPart): string
  /** Start the built command in a process of its own. */
  start(args: readonly string[], env?: Env): RunningCli
  /** Run the command line to its exit code in this process, which is faster. */
  run(args: readonly string[], env?: Env): Promise<Answer>
  /** The same with `--json`. */
  json(args: readonly string[], env?: Env): Promise<JsonAnswer>
}

export type Answer = Pick<CliResult, 'exitCode' | 'stdout' | 'stderr'>

export interface JsonAnswer extends Answer {
  ok: boolean
  // oxlint-disable-next-line typescript/no-explicit-any -- each test knows the shape it asked for
  data: any
  // oxlint-disable-next-line typescript/no-explicit-any
  error: any
}

/** Paths on the file server, with their bytes. */
const MODELS = new Map([
  ['/one.safetensors', Buffer.alloc(300_000, 'one ')],
  ['/two.safetensors', Buffer.alloc(200_000, 'two ')],
])

/**
 * Everything that the main path needs, on this machine and in one folder: repositories over HTTP,
 * models over HTTP, wheels, and the built command that knows no other caches.
 */
export async function createWorld(): Promise<World> {
  const root = tempDir('world')
  const repos = createRepos(join(root, 'repos'))
  const wheels = await worldWheels()
  const git = await startGitServer({ root: join(root, 'repos') })
  const files = await startFileServer({ files: MODELS })
  whenOver(() => files.stop())
  const places = {
    versionsDir: join(root, 'versions'),
    cacheRoot: join(root, 'cache'),
    modelsDir: join(root, 'models'),
  }
  shareBytecode(places.cacheRoot)
  mkdirSync(places.versionsDir)
  const env = await environment(root, places, wheels)
  const start = (args: readonly string[], more: Env = {}) =>
    spawnCli(args, { cwd: root, env: { ...env, ...more } })
  const run = (args: readonly string[], more: Env = {}) =>
    runMain(args, { ...cleanEnv(root), ...env, ...more })
  const repo = (name: string) => {
    const found = repos.get(name)
    if (found === undefined) throw new Error(`no repository ${name}`)
    return { ...found, url: `${git.url}/${name}.git` }
  }
  return {
    root,
    ...places,
    wheels,
    git,
    files,
    env,
    repo,
    pack: (name, commit = 0) => ({ repo: repo(name).url, commit: repo(name).commits[commit] }),
    model: (name) => ({ source: `${files.url}/${name}`, target_subdir: 'checkpoints' }),
    home: (id) => join(root, 'homes', `comfy-${id}`),
    writeSpec: (id, part = {}) => {
      const file = join(places.versionsDir, `${id}.json`)
      const { url, commits } = repo('core')
      const spec = { schema_version: 2, version_id: id, comfy: { repo: url, commit: commits[0] } }
      writeFileSync(file, JSON.stringify({ ...spec, ...part }, null, 2))
      return file
    },
    start,
    run,
    json: async (args, more) => {
      const result = await run([...args, '--json'], more)
      requirePublishedShape(result.stdout)
      return { ...result, ...JSON.parse(result.stdout) }
    },
  }
}

async function runMain(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<Answer> {
  const { signal } = new AbortController()
  setMaxListeners(0, signal)
  const answer: Answer = { exitCode: null, stdout: '', stderr: '' }
  answer.exitCode = await main({
    argv,
    env,
    stdout: (text) => void (answer.stdout += text),
    stderr: (text) => void (answer.stderr += text),
    terminal: () => null,
    ask: () => Promise.resolve(null),
    signal,
    version: 'test',
  })
  return answer
}

/** `core` has three commits: the stand-in, one that is too old for `--base-directory`, a newer one. */
function createRepos(root: string): Map<string, Repo> {
  const core = [
    { files: coreFiles() },
    { files: oldCoreChanges() },
    { files: { ...coreFiles(), 'newer.txt': 'newer\n' } },
  ]
  const all = { core: { commits: core }, ...packRepos() }
  return new Map(
    Object.entries(all).map(([name, options]) => [
      name,
      createRepo(join(root, `${name}.git`), options),
    ]),
  )
}

/** Compiling numpy takes seconds; python-bytecode.test.ts shows that the store can be relied upon. */
export function shareBytecode(cacheRoot: string): void {
  const shared = join(testCache, 'bytecode')
  mkdirSync(shared, { recursive: true })
  mkdirSync(cacheRoot, { recursive: true })
  const link = join(cacheRoot, 'bytecode')
  rmSync(link, { recursive: true, force: true })
  symlinkSync(shared, link)
}

async function environment(
  root: string,
  places: Pick<World, 'versionsDir' | 'cacheRoot' | 'modelsDir'>,
  wheels: string,
): Promise<Env> {
  const { ctx } = createTestCtx({ cacheRoot: testCache })
  return {
    HOME: root,
    COMFY_VERSIONS_DIR: places.versionsDir,
    COMFY_CACHE_ROOT: places.cacheRoot,
    MODELS_DIR: places.modelsDir,
    COMFY_BUILDS_ROOT: join(root, 'homes'),
    COMFYPIN_UV: await ensureUv(ctx, false),
    COMFYPIN_RETRY_DELAY: '0.05',
    UV_CACHE_DIR: join(testCache, 'uv'),
    UV_FIND_LINKS: wheels,
    // nothing is there: whatever the wheels lack is missing, and no test asks a real index
    UV_DEFAULT_INDEX: pathToFileURL(join(root, 'no-index')).href,
    // nothing here speaks TLS, and reading it doubles the start of Node 20
    NODE_EXTRA_CA_CERTS: undefined,
  }
}
