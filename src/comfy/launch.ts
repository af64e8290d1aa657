import { homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { ComfypinError } from '../core/errors.ts'
import { mergeEnv } from '../platform/exec.ts'
import { homePaths } from '../platform/paths.ts'
import { NO_INSTALLS } from './no-installs.ts'

/** Everything that decides how one ComfyUI process is started. */
export interface LaunchPlan {
  /** The home's interpreter. */
  python: string
  /** The shared checkout, or `<home>/core` (a private tree) when the core is too old for `--base-directory`. */
  coreDir: string
  home: string
  host: string
  port: number
  /** The generated `extra_model_paths.yaml`. */
  extraModelPaths: string | null
  /** Flags that this core understands (`readFlags`). */
  flags: ReadonlySet<string>
  /** Pass `--cpu` unless `extraArgs` choose a device or memory mode. */
  cpu: boolean
  specEnv: Readonly<Record<string, string>>
  extraArgs: readonly string[]
  /** The environment that the child would inherit (`settings.env`). */
  inheritedEnv: Readonly<Record<string, string>>
}

export interface LaunchCommand {
  argv: readonly [string, ...string[]]
  cwd: string
  /** The child's whole environment. */
  env: Record<string, string>
  folders: WorkFolders
}

/** Where this process reads and leaves files; everything it names lies inside one of them. */
export interface WorkFolders {
  input: string
  output: string
  temp: string
}

/** Flags that decide where the process listens and works; the plan alone sets them. */
const OWNED = ['--port', '--listen', '--base-directory']

/** argparse refuses `--cpu` beside any other of these. */
const DEVICE_MODES = [
  '--cpu',
  '--gpu-only',
  '--highvram',
  '--normalvram',
  '--lowvram',
  '--novram',
  '--directml',
]

/** A shell's Python settings that would lead the home's interpreter to modules of another one. */
const FOREIGN_PYTHON = { PYTHONHOME: null, PYTHONPATH: null, PYTHONPYCACHEPREFIX: null }

/**
 * The command line, folder and environment of one ComfyUI.
 * @throws USAGE when `extraArgs` set a flag that the plan owns
 */
export function launchCommand(plan: LaunchPlan): LaunchCommand {
  refuseOwned(plan.extraArgs)
  const based = plan.flags.has('--base-directory')
  return {
    argv: [
      plan.python,
      join(plan.coreDir, 'main.py'),
      ...(based ? ['--base-directory', plan.home] : folderFlags(plan)),
      ...databaseFlag(plan),
      ...(plan.extraModelPaths === null
        ? []
        : ['--extra-model-paths-config', plan.extraModelPaths]),
      ...['--listen', plan.host, '--port', String(plan.port)],
      ...optional(plan, '--disable-auto-launch'),
      ...(plan.cpu && !hasFlag(plan.extraArgs, DEVICE_MODES) ? optional(plan, '--cpu') : []),
      ...plan.extraArgs,
    ],
    cwd: based ? plan.home : plan.coreDir,
    env: childEnv(plan),
    folders: workFolders(plan),
  }
}

/** argparse takes unambiguous abbreviations, so a prefix of an owned flag counts too. */
function refuseOwned(extraArgs: readonly string[]): void {
  for (const arg of extraArgs) {
    const name = arg.split('=', 1)[0] ?? arg
    if (name.length > 3 && OWNED.some((flag) => name.startsWith('--') && flag.startsWith(name)))
      throw new ComfypinError('ARGUMENT_OWNED', { name })
  }
}

/** What `--base-directory` would have set, for cores without it (before 0.3.13). */
function folderFlags(plan: LaunchPlan): string[] {
  const at = homePaths(plan.home)
  return [
    ...optional(plan, '--input-directory', at.input),
    ...optional(plan, '--output-directory', at.output),
    ...optional(plan, '--temp-directory', at.home), // ComfyUI appends `temp` itself
    ...optional(plan, '--user-directory', at.user),
  ]
}

/** Without it every home of a core would share `<core>/user/comfyui.db` (comfyui.md A3). */
function databaseFlag(plan: LaunchPlan): string[] {
  if (hasFlag(plan.extraArgs, ['--database-url'])) return []
  return optional(plan, '--database-url', `sqlite:///${join(plan.home, 'user', 'comfyui.db')}`)
}

function optional(plan: LaunchPlan, flag: string, ...values: string[]): string[] {
  return plan.flags.has(flag) ? [flag, ...values] : []
}

function hasFlag(args: readonly string[], flags: readonly string[]): boolean {
  return args.some((arg) => flags.includes(arg.split('=', 1)[0] ?? arg))
}

/** Passed-through folder flags move them: ComfyUI takes the last value, and adds `temp` to its own. */
function workFolders({ home, extraArgs }: LaunchPlan): WorkFolders {
  const at = homePaths(home)
  const temp = valueOf(extraArgs, '--temp-directory')
  return {
    input: resolve(home, valueOf(extraArgs, '--input-directory') ?? at.input),
    output: resolve(home, valueOf(extraArgs, '--output-directory') ?? at.output),
    temp: temp === null ? at.temp : resolve(home, temp, 'temp'),
  }
}

function valueOf(args: readonly string[], flag: string): string | null {
  const at = args.findLastIndex((arg) => arg === flag || arg.startsWith(`${flag}=`))
  const arg = args[at]
  if (arg === undefined) return null
  return arg === flag ? (args[at + 1] ?? null) : arg.slice(flag.length + 1)
}

/** What decides the environment of a process that runs a pack's code. */
export type EnvPlan = Pick<
  LaunchPlan,
  'coreDir' | 'home' | 'python' | 'flags' | 'specEnv' | 'inheritedEnv'
>

/** Inherited, then ours, then the spec's; an empty value in the spec does not switch one of ours off. */
export function childEnv(plan: EnvPlan): Record<string, string> {
  const ours = ownEnv(plan)
  const spec = Object.entries(plan.specEnv).filter(([key, value]) => value !== '' || !(key in ours))
  return mergeEnv(plan.inheritedEnv, { ...FOREIGN_PYTHON, ...ours, ...Object.fromEntries(spec) })
}

/**
 * Packs keep settings and caches per home (packs.md: two homes otherwise share Lora-Manager's
 * settings); the caches of model hubs stay shared, which `XDG_CACHE_HOME` alone would move.
 */
function ownEnv(plan: EnvPlan): Record<string, string> {
  const inherited = plan.inheritedEnv
  const own = homePaths(plan.home).var
  const shared = inherited['XDG_CACHE_HOME'] || join(inherited['HOME'] || homedir(), '.cache')
  return {
    PYTHONUNBUFFERED: '1',
    // checkouts are shared and compiled at realize: a run never writes into them
    PYTHONDONTWRITEBYTECODE: '1',
    PYTHONNOUSERSITE: '1',
    ...NO_INSTALLS,
    // not the venv of the shell that comfypin was started in, nor the cache that home venvs link into
    VIRTUAL_ENV: dirname(dirname(plan.python)),
    UV_CACHE_DIR: join(own, 'uv'),
    COMFYUI_PATH: plan.coreDir,
    COMFYUI_FOLDERS_BASE_PATH: plan.flags.has('--base-directory') ? plan.home : plan.coreDir,
    XDG_CONFIG_HOME: join(own, 'config'),
    XDG_CACHE_HOME: join(own, 'cache'),
    MPLCONFIGDIR: join(own, 'matplotlib'),
    NUMBA_CACHE_DIR: join(own, 'numba'),
    YOLO_CONFIG_DIR: join(own, 'ultralytics'),
    HF_HOME: inherited['HF_HOME'] || join(shared, 'huggingface'),
    TORCH_HOME: inherited['TORCH_HOME'] || join(shared, 'torch'),
  }
}
