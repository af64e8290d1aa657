import { accessSync, constants, existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { isAbsolute, join, resolve } from 'node:path'
import { ComfypinError } from '../core/errors.ts'
import type { Settings } from '../core/settings.ts'
import { MAX_TIMER_MS } from '../core/units.ts'
import { mountsOf, readStores, storeVariables } from './store-settings.ts'

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
    doc: 'Folder in which homes `comfy-<id>` are made. Default the network volume, `~`.',
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
} as const satisfies Record<string, Variable>

/**
 * Settings of this process: flag > environment > default.
 * @throws USAGE when a value has the wrong form
 */
export function parseSettings(env: NodeJS.ProcessEnv, flags: SettingFlags = {}): Settings {
  const read = (variable: Variable): string | null =>
    [variable.name, ...(variable.aliases ?? [])]
      .map((name) => env[name]?.trim())
      .find((value) => value) ?? null
  const path = (variable: Variable): string | null => {
    const value = read(variable)
    return value === null ? null : resolve(expandHome(value))
  }
  const seconds = (variable: Variable, fallback: number): number =>
    Math.min(positive(variable.name, read(variable), fallback) * 1000, MAX_TIMER_MS)
  const whole = (variable: Variable, fallback: number): number => {
    const number = positive(variable.name, read(variable), fallback)
    if (Number.isSafeInteger(number)) return number
    throw new ComfypinError('SETTING_NOT_WHOLE', {
      name: variable.name,
      value: read(variable) ?? '',
    })
  }
  const endpoint = (variable: Variable, fallback: string): string => {
    const value = read(variable)
    return value === null ? fallback : address(variable.name, value)
  }
  const stores = readStores(read, address, path)
  return {
    env: definedOnly(env),
    language:
      flags.language ??
      ((read(variables.language) ?? '').toLowerCase().startsWith('ru') ? 'ru' : 'en'),
    cacheRoot:
      flags.cacheRoot ??
      path(variables.cacheRoot) ??
      defaultCacheRoot(stores.volume.root, read(variables.xdgCache)),
    versionsDir: flags.versionsDir ?? path(variables.versionsDir) ?? resolve('versions'),
    modelsDir: flags.modelsDir ?? path(variables.modelsDir),
    buildsRoot: path(variables.buildsRoot),
    home: flags.home ?? path(variables.home),
    offline: flags.offline ?? parseBoolean(variables.offline.name, read(variables.offline)),
    skipModels:
      flags.skipModels ?? parseBoolean(variables.skipModels.name, read(variables.skipModels)),
    wheelsDir: flags.wheelsDir ?? path(variables.wheelsDir),
    python: flags.python ?? read(variables.python),
    uv: read(variables.uv),
    hfToken: read(variables.hfToken),
    civitaiToken: read(variables.civitaiToken),
    githubToken: read(variables.githubToken),
    githubEndpoint: endpoint(variables.githubEndpoint, '') || null,
    registryEndpoint: endpoint(variables.registryEndpoint, 'https://api.comfy.org'),
    downloadConcurrency: whole(variables.downloadConcurrency, 48),
    downloadConnections: whole(variables.downloadConnections, 48),
    downloadLimit: parseBytes(variables.downloadLimit.name, read(variables.downloadLimit)),
    downloadStallMs: seconds(variables.downloadStall, 30),
    downloadRetryMs: seconds(variables.downloadRetry, 0.5),
    hfEndpoint: endpoint(variables.hfEndpoint, 'https://huggingface.co'),
    civitaiEndpoint: endpoint(variables.civitaiEndpoint, 'https://civitai.com'),
    ...stores,
    gitConcurrency: whole(variables.gitConcurrency, 8),
    gitTimeoutMs: seconds(variables.gitTimeout, 60),
    startTimeoutMs: seconds(variables.startTimeout, 600),
    jobTimeoutMs: seconds(variables.jobTimeout, 3600),
    skipSpaceCheck:
      flags.skipSpaceCheck ??
      parseBoolean(variables.skipSpaceCheck.name, read(variables.skipSpaceCheck)) ??
      false,
    redisUrl: read(variables.redisUrl),
  }
}

function parseBoolean(name: string, value: string | null): boolean | null {
  if (value === null) return null
  if (/^(1|true|yes|on)$/i.test(value)) return true
  if (/^(0|false|no|off)$/i.test(value)) return false
  throw new ComfypinError('SETTING_NOT_BOOLEAN', { name, value })
}

function address(name: string, value: string): string {
  if (/^https?:\/\/[^\s?#]+$/i.test(value) && URL.canParse(value)) return value.replace(/\/+$/, '')
  throw new ComfypinError('SETTING_NOT_ADDRESS', { name, value })
}

function positive(name: string, value: string | null, fallback: number): number {
  if (value === null) return fallback
  const number = Number(value)
  if (Number.isFinite(number) && number > 0) return number
  throw new ComfypinError('SETTING_NOT_NUMBER', { name, value })
}

const BYTE_UNITS: Readonly<Record<string, number>> = { '': 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 }

/** `50M` is 50 MiB, as in curl and aria2. */
function parseBytes(name: string, value: string | null): number | null {
  const match = /^(\d+(?:\.\d+)?)([kmg]?)(?:i?b)?(?:\/s)?$/i.exec(value ?? '')
  if (value === null) return null
  const bytes = Number(match?.[1]) * (BYTE_UNITS[match?.[2]?.toLowerCase() ?? ''] ?? 1)
  if (bytes >= 1) return bytes
  throw new ComfypinError('SETTING_NOT_BYTES', { name, value })
}

/** Volumes of RunPod come first when they are there and writable (requirement R38). */
function defaultCacheRoot(volumeRoot: string | null, xdgCacheHome: string | null): string {
  const volume = mountsOf(volumeRoot).find(isWritable)
  if (volume !== undefined) return join(volume, 'cache', 'runpod-comfy')
  // The XDG specification: a relative path is to be ignored.
  const parent = xdgCacheHome !== null && isAbsolute(xdgCacheHome) ? xdgCacheHome : null
  return join(parent ?? join(homedir(), '.cache'), 'runpod-comfy')
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
  return path === '~' || path.startsWith('~/') ? join(homedir(), path.slice(1)) : path
}

function definedOnly(env: NodeJS.ProcessEnv): Record<string, string> {
  const out: Record<string, string> = {}
  for (const [key, value] of Object.entries(env)) if (value !== undefined) out[key] = value
  return out
}
