import { accessSync, constants, existsSync } from 'node:fs'
import { isAbsolute, join, resolve } from 'node:path'
import type { Settings } from '../core/settings.ts'
import { homeDir } from './home-dir.ts'
import { mountsOf, readStores, storeVariables } from './store-settings.ts'
import {
  parseAddress,
  parseBoolean,
  parseBytes,
  parseSeconds,
  parseText,
  parseWhole,
  type Form,
} from './variable-forms.ts'

/** Values given on the command line; they win over the environment. */
export type SettingFlags = Partial<
  Pick<
    Settings,
    | 'cacheRoot'
    | 'versionsDir'
    | 'modelsDir'
    | 'home'
    | 'offline'
    | 'skipModels'
    | 'skipSpaceCheck'
    | 'wheelsDir'
    | 'python'
    | 'language'
  >
>

/** One environment variable that comfypin reads. The reference page is generated from this list. */
export interface Variable {
  name: string
  /** Older or foreign names that mean the same, in order. */
  aliases?: readonly string[]
  doc: string
}

/** Every environment variable that comfypin reads itself. Nothing else touches `process.env`. */
export const variables = {
  cacheRoot: {
    name: 'COMFY_CACHE_ROOT',
    aliases: ['RUNPOD_COMFY_CACHE'],
    doc: 'Root of the shared caches: locks, git stores, checkouts, uv. Default `cache/runpod-comfy` of the network volume, else `~/.cache/runpod-comfy`.',
  },
  xdgCache: { name: 'XDG_CACHE_HOME', doc: 'Parent of the default cache root.' },
  versionsDir: {
    name: 'COMFY_VERSIONS_DIR',
    doc: 'Folder of `<id>.json` specs. Default `./versions`.',
  },
  modelsDir: {
    name: 'MODELS_DIR',
    doc: 'The one model store. Default `models` of the network volume, else of the home.',
  },
  buildsRoot: {
    name: 'COMFY_BUILDS_ROOT',
    doc: 'Folder in which homes `comfy-<id>` are made. Default the network volume (a home that comfypin made in its `builds` stays there), `~`.',
  },
  home: { name: 'COMFY_HOME', doc: 'The home itself, for one version.' },
  offline: {
    name: 'COMFY_OFFLINE',
    aliases: ['COMFY_OFFLINE_MODE'],
    doc: 'Never touch the network; what is missing becomes a warning.',
  },
  skipModels: { name: 'COMFY_SKIP_MODELS', doc: 'Leave the models out.' },
  wheelsDir: {
    name: 'COMFY_WHEELS_DIR',
    doc: 'Install Python packages from this folder alone (`--no-index --find-links`).',
  },
  python: { name: 'COMFY_PYTHON', doc: 'Interpreter of new venvs: a path, a name or a version.' },
  uv: {
    name: 'COMFYPIN_UV',
    doc: 'The uv executable. Default: PATH, the cache, else fetched with pip.',
  },
  hfToken: {
    name: 'HF_TOKEN',
    aliases: ['HUGGINGFACE_TOKEN', 'HUGGING_FACE_HUB_TOKEN', 'HF_API_TOKEN'],
    doc: 'Hugging Face token; sent to huggingface.co (or HF_ENDPOINT) alone.',
  },
  civitaiToken: {
    name: 'CIVITAI_TOKEN',
    aliases: ['CIVITAI_API_TOKEN'],
    doc: 'Civitai token; sent to civitai.com alone.',
  },
  githubToken: {
    name: 'GITHUB_TOKEN',
    aliases: ['GH_TOKEN'],
    doc: 'GitHub token; sent to github.com alone.',
  },
  githubEndpoint: {
    name: 'GITHUB_ENDPOINT',
    doc: 'Mirror that stands in for `https://github.com` when git repositories are fetched; gets no token.',
  },
  registryEndpoint: {
    name: 'COMFYPIN_REGISTRY_ENDPOINT',
    doc: 'API of the Comfy registry. Default `https://api.comfy.org`.',
  },
  downloadConcurrency: {
    name: 'COMFYPIN_DOWNLOADS',
    doc: 'Model files transferred at once; they share the connections. Default 48.',
  },
  downloadConnections: {
    name: 'COMFYPIN_CONNECTIONS',
    doc: 'Connections open at once for all downloads together. Default 48.',
  },
  downloadLimit: {
    name: 'COMFYPIN_DOWNLOAD_LIMIT',
    doc: 'Bytes per second for all downloads together, such as `50M`. Default: no limit.',
  },
  downloadStall: {
    name: 'COMFYPIN_STALL_TIMEOUT',
    doc: 'Seconds without a byte after which a transfer is retried. Default 30.',
  },
  downloadRetry: {
    name: 'COMFYPIN_RETRY_DELAY',
    doc: 'Seconds before a failed request is sent again; doubled each time. Default 0.5.',
  },
  hfEndpoint: {
    name: 'HF_ENDPOINT',
    doc: 'Mirror of huggingface.co; gets HF_TOKEN. Default `https://huggingface.co`.',
  },
  civitaiEndpoint: {
    name: 'COMFYPIN_CIVITAI_ENDPOINT',
    doc: 'Mirror of civitai.com; gets CIVITAI_TOKEN. Default `https://civitai.com`.',
  },
  ...storeVariables,
  gitConcurrency: { name: 'COMFYPIN_CHECKOUTS', doc: 'Git fetches at once. Default 8.' },
  gitTimeout: {
    name: 'COMFYPIN_GIT_TIMEOUT',
    doc: 'Seconds without progress after which a git request fails. Default 60.',
  },
  startTimeout: {
    name: 'COMFYPIN_START_TIMEOUT',
    doc: 'Seconds that ComfyUI may take to start. Default 600.',
  },
  jobTimeout: { name: 'COMFYPIN_JOB_TIMEOUT', doc: 'Seconds that one job may take. Default 3600.' },
  skipSpaceCheck: {
    name: 'COMFYPIN_SKIP_SPACE_CHECK',
    doc: 'Do not compare free space with what is to be downloaded.',
  },
  redisUrl: {
    name: 'COMFYPIN_REDIS_URL',
    aliases: ['REDIS_URL'],
    doc: 'Redis of the job queue: `redis://[user:password@]host[:port][/db]`, or `rediss://`.',
  },
  language: {
    name: 'COMFYPIN_LANG',
    aliases: ['LC_ALL', 'LC_MESSAGES', 'LANG'],
    doc: 'Language of messages: en or ru.',
  },
  debug: { name: 'COMFYPIN_DEBUG', doc: 'Show the stack of an unexpected failure.' },
} as const satisfies Record<string, Variable>

/**
 * Settings of this process: flag > environment > default.
 * @throws USAGE when a value has the wrong form
 */
export function parseSettings(env: NodeJS.ProcessEnv, flags: SettingFlags = {}): Settings {
  const known = definedOnly(env) // once: each look into `process.env` asks the system
  const read: Read = (variable, form) => {
    const value = valueOf(known, variable)
    return value === null ? null : form(variable.name, value)
  }
  const stores = readStores(
    (variable) => valueOf(known, variable),
    (variable) => read(variable, parsePath),
  )
  return {
    env: known,
    ...readPlaces(read, flags, stores.volume.root),
    ...readChoices(read, flags),
    ...readRemotes(read),
    ...stores,
    ...readLimits(read),
  }
}

/** Asked of a failure, which may be that of the settings themselves: so no value is refused. */
export function wantsStack(env: NodeJS.ProcessEnv): boolean {
  const value = env[variables.debug.name]?.trim() ?? ''
  return value !== '' && !/^(0|false|no|off)$/i.test(value)
}

/** A variable in a form; null: unset or empty. */
type Read = <T>(variable: Variable, form: Form<T>) => T | null

function valueOf(
  env: Readonly<Record<string, string>>,
  { name, aliases = [] }: Variable,
): string | null {
  return [name, ...aliases].map((one) => env[one]?.trim()).find((value) => value) ?? null
}

function readPlaces(read: Read, flags: SettingFlags, volumeRoot: string | null) {
  const cacheRoot = flags.cacheRoot ?? read(variables.cacheRoot, parsePath)
  return {
    cacheRoot: cacheRoot ?? defaultCacheRoot(volumeRoot, read(variables.xdgCache, parseText)),
    versionsDir: flags.versionsDir ?? read(variables.versionsDir, parsePath) ?? resolve('versions'),
    modelsDir: flags.modelsDir ?? read(variables.modelsDir, parsePath),
    buildsRoot: read(variables.buildsRoot, parsePath),
    home: flags.home ?? read(variables.home, parsePath),
    wheelsDir: flags.wheelsDir ?? read(variables.wheelsDir, parsePath),
  }
}

function parsePath(_name: string, value: string): string {
  return resolve(expandHome(value))
}

function readChoices(read: Read, flags: SettingFlags) {
  const isRussian = read(variables.language, parseText)?.toLowerCase().startsWith('ru') === true
  return {
    language: flags.language ?? (isRussian ? 'ru' : 'en'),
    offline: flags.offline ?? read(variables.offline, parseBoolean),
    skipModels: flags.skipModels ?? read(variables.skipModels, parseBoolean),
    skipSpaceCheck: flags.skipSpaceCheck ?? read(variables.skipSpaceCheck, parseBoolean) ?? false,
    python: flags.python ?? read(variables.python, parseText),
    uv: read(variables.uv, parseText),
  }
}

function readRemotes(read: Read) {
  return {
    hfToken: read(variables.hfToken, parseText),
    hfEndpoint: read(variables.hfEndpoint, parseAddress) ?? 'https://huggingface.co',
    civitaiToken: read(variables.civitaiToken, parseText),
    civitaiEndpoint: read(variables.civitaiEndpoint, parseAddress) ?? 'https://civitai.com',
    githubToken: read(variables.githubToken, parseText),
    githubEndpoint: read(variables.githubEndpoint, parseAddress),
    registryEndpoint: read(variables.registryEndpoint, parseAddress) ?? 'https://api.comfy.org',
    redisUrl: read(variables.redisUrl, parseText),
  }
}

function readLimits(read: Read) {
  return {
    downloadConcurrency: read(variables.downloadConcurrency, parseWhole) ?? 48,
    downloadConnections: read(variables.downloadConnections, parseWhole) ?? 48,
    downloadLimit: read(variables.downloadLimit, parseBytes),
    downloadStallMs: read(variables.downloadStall, parseSeconds) ?? 30_000,
    downloadRetryMs: read(variables.downloadRetry, parseSeconds) ?? 500,
    gitConcurrency: read(variables.gitConcurrency, parseWhole) ?? 8,
    gitTimeoutMs: read(variables.gitTimeout, parseSeconds) ?? 60_000,
    startTimeoutMs: read(variables.startTimeout, parseSeconds) ?? 600_000,
    jobTimeoutMs: read(variables.jobTimeout, parseSeconds) ?? 3_600_000,
  }
}

/** Volumes of RunPod come first when they are there and writable (requirement R38). */
function defaultCacheRoot(volumeRoot: string | null, xdgCacheHome: string | null): string {
  const volume = mountsOf(volumeRoot).find(isWritable)
  if (volume !== undefined) return join(volume, 'cache', 'runpod-comfy')
  // The XDG specification: a relative path is to be ignored.
  const parent = xdgCacheHome !== null && isAbsolute(xdgCacheHome) ? xdgCacheHome : null
  return join(parent ?? join(homeDir(), '.cache'), 'runpod-comfy')
}

/**
 * The AWS SDK warns about Node 20 on stderr, and reads from the process alone whether it may. Child
 * processes get `settings.env`, so they do not see it.
 */
export function quietAwsSdk(): void {
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true'
}

export function isWritable(path: string): boolean {
  if (!existsSync(path)) return false
  try {
    accessSync(path, constants.W_OK)
    return true
  } catch {
    return false // only asked: no permission is an answer
  }
}

export function expandHome(path: string): string {
  return path === '~' || path.startsWith('~/') ? join(homeDir(), path.slice(1)) : path
}

function definedOnly(env: NodeJS.ProcessEnv): Record<string, string> {
  const out: Record<string, string> = {}
  for (const name of Object.keys(env)) {
    const value = env[name]
    if (value !== undefined) out[name] = value
  }
  return out
}
