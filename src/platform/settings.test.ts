import { chmodSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { thrownBy } from '../../test/helpers/failure.ts'
import { tempDir } from '../../test/helpers/temp.ts'
import type { Settings } from '../core/settings.ts'
import type { storeVariables } from './store-settings.ts'
import {
  expandHome,
  isWritable,
  parseSettings,
  variables,
  wantsStack,
  type Variable,
} from './settings.ts'

type OwnVariable = Exclude<keyof typeof variables, keyof typeof storeVariables | 'debug'>

/** Per variable: a value, the setting that it decides, and what that becomes. */
const EXAMPLES: Record<OwnVariable, [string, keyof Settings, unknown]> = {
  cacheRoot: ['/c', 'cacheRoot', '/c'],
  xdgCache: ['/xdg', 'cacheRoot', defaultCacheRoot('/xdg')],
  versionsDir: ['/v', 'versionsDir', '/v'],
  modelsDir: ['/m', 'modelsDir', '/m'],
  buildsRoot: ['/b', 'buildsRoot', '/b'],
  home: ['/h', 'home', '/h'],
  offline: ['1', 'offline', true],
  skipModels: ['1', 'skipModels', true],
  wheelsDir: ['/w', 'wheelsDir', '/w'],
  python: ['3.12', 'python', '3.12'],
  uv: ['/bin/uv', 'uv', '/bin/uv'],
  hfToken: ['secret', 'hfToken', 'secret'],
  civitaiToken: ['secret', 'civitaiToken', 'secret'],
  githubToken: ['secret', 'githubToken', 'secret'],
  githubEndpoint: ['https://mirror.example/gh/', 'githubEndpoint', 'https://mirror.example/gh'],
  registryEndpoint: ['http://127.0.0.1:1/', 'registryEndpoint', 'http://127.0.0.1:1'],
  downloadConcurrency: ['9', 'downloadConcurrency', 9],
  downloadConnections: ['3', 'downloadConnections', 3],
  downloadLimit: ['1.5m', 'downloadLimit', 1_572_864],
  downloadStall: ['2.5', 'downloadStallMs', 2500],
  downloadRetry: ['0.01', 'downloadRetryMs', 10],
  hfEndpoint: ['https://mirror.example/hf/', 'hfEndpoint', 'https://mirror.example/hf'],
  civitaiEndpoint: ['http://127.0.0.1:1', 'civitaiEndpoint', 'http://127.0.0.1:1'],
  gitConcurrency: ['3', 'gitConcurrency', 3],
  gitTimeout: ['7', 'gitTimeoutMs', 7000],
  startTimeout: ['7', 'startTimeoutMs', 7000],
  jobTimeout: ['7', 'jobTimeoutMs', 7000],
  skipSpaceCheck: ['yes', 'skipSpaceCheck', true],
  redisUrl: ['redis://127.0.0.1', 'redisUrl', 'redis://127.0.0.1'],
  language: ['ru_RU.UTF-8', 'language', 'ru'],
}

const examples = Object.entries(EXAMPLES).map(([key, example]) => {
  const variable: Variable = variables[key as OwnVariable]
  return { names: [variable.name, ...(variable.aliases ?? [])], example }
})

describe.each(examples)('$names', ({ names, example: [value, setting, expected] }) => {
  test.each(names)('%s is read', (name) => {
    expect(parseSettings({ [name]: value })[setting]).toEqual(expected)
    expect(parseSettings({})[setting]).not.toEqual(expected)
  })

  test('empty means not set', () => {
    for (const blank of ['', '  '])
      expect(
        parseSettings(Object.fromEntries(names.map((name) => [name, blank])))[setting],
      ).toEqual(parseSettings({})[setting])
  })
})

test.each([
  ...[undefined, '', ' ', '0', 'off', 'FALSE'].map((value) => [value, false] as const),
  ...['1', 'true', 'please'].map((value) => [value, true] as const),
])('COMFYPIN_DEBUG=%j asks for a stack: %j', (value, expected) => {
  expect(wantsStack({ COMFYPIN_DEBUG: value })).toBe(expected)
})

/** Spelled out here once more: what scripts and images set must not change with the table. */
test.each([
  ['COMFY_CACHE_ROOT', '/x', 'cacheRoot', '/x'],
  ['RUNPOD_COMFY_CACHE', '/x', 'cacheRoot', '/x'],
  ['COMFY_VERSIONS_DIR', '/x', 'versionsDir', '/x'],
  ['MODELS_DIR', '/x', 'modelsDir', '/x'],
  ['COMFY_BUILDS_ROOT', '/x', 'buildsRoot', '/x'],
  ['COMFY_HOME', '/x', 'home', '/x'],
  ['COMFY_OFFLINE', '1', 'offline', true],
  ['COMFY_OFFLINE_MODE', '1', 'offline', true],
  ['COMFY_SKIP_MODELS', '1', 'skipModels', true],
  ['COMFY_WHEELS_DIR', '/x', 'wheelsDir', '/x'],
  ['COMFY_PYTHON', '3.12', 'python', '3.12'],
  ['HF_TOKEN', 'x', 'hfToken', 'x'],
  ['HUGGINGFACE_TOKEN', 'x', 'hfToken', 'x'],
  ['CIVITAI_TOKEN', 'x', 'civitaiToken', 'x'],
  ['GITHUB_TOKEN', 'x', 'githubToken', 'x'],
] as const)('the variable %s keeps its name', (name, value, setting, expected) => {
  expect(parseSettings({ [name]: value })[setting]).toBe(expected)
})

test('COMFY_CACHE is neither a path nor a switch', () => {
  for (const value of ['/x', '1', '0'])
    expect(parseSettings({ COMFY_CACHE: value })).toEqual({
      ...parseSettings({}),
      env: { COMFY_CACHE: value },
    })
})

test('a name comes before its aliases, and a flag before both', () => {
  const env = { COMFY_CACHE_ROOT: '/name', RUNPOD_COMFY_CACHE: '/alias', COMFY_OFFLINE: '1' }
  expect(parseSettings(env).cacheRoot).toBe('/name')
  expect(parseSettings(env, { cacheRoot: '/flag', offline: false })).toMatchObject({
    cacheRoot: '/flag',
    offline: false,
  })
})

test('without anything said the defaults hold', () => {
  expect(parseSettings({})).toEqual({
    env: {},
    language: 'en',
    cacheRoot: defaultCacheRoot(join(homedir(), '.cache')),
    versionsDir: resolve('versions'),
    ...{ modelsDir: null, buildsRoot: null, home: null, wheelsDir: null },
    ...{ offline: null, skipModels: null, skipSpaceCheck: false, redisUrl: null },
    ...{ python: null, uv: null, hfToken: null, civitaiToken: null, githubToken: null },
    ...{ downloadConcurrency: 48, downloadConnections: 48, downloadLimit: null },
    ...{ downloadStallMs: 30_000, downloadRetryMs: 500 },
    hfEndpoint: 'https://huggingface.co',
    civitaiEndpoint: 'https://civitai.com',
    ...{ githubEndpoint: null, registryEndpoint: 'https://api.comfy.org' },
    ...{ gitConcurrency: 8, gitTimeoutMs: 60_000, startTimeoutMs: 600_000 },
    jobTimeoutMs: 3_600_000,
    s3: { region: null, endpoint: null, keys: null },
    gs: { endpoint: 'https://storage.googleapis.com', isEmulator: false, credentials: null },
    volume: { root: null, quotaBytes: null },
  })
})

describe('a value of the wrong form is refused by the name of its variable', () => {
  const NO_NUMBERS = ['0', '-1', 'many', '1,5', 'NaN', 'Infinity', '1e999', '5s']
  const NO_ADDRESSES = ['mirror', 'ftp://a', 'https://', 'https://a b', 'https://a?b', 'file:///a']

  test.each([
    ...NO_NUMBERS.map((value) => ['COMFYPIN_DOWNLOADS', value, 'SETTING_NOT_NUMBER']),
    ...['1.5', '2e30'].map((value) => ['COMFYPIN_DOWNLOADS', value, 'SETTING_NOT_WHOLE']),
    ...NO_NUMBERS.map((value) => ['RUNPOD_VOLUME_QUOTA_GB', value, 'SETTING_NOT_NUMBER']),
    ...NO_NUMBERS.map((value) => ['COMFYPIN_CONNECTIONS', value, 'SETTING_NOT_NUMBER']),
    ...['fast', '-1', '0', '5 T', 'M'].map((value) => [
      'COMFYPIN_DOWNLOAD_LIMIT',
      value,
      'SETTING_NOT_BYTES',
    ]),
    ...NO_NUMBERS.map((value) => ['COMFYPIN_STALL_TIMEOUT', value, 'SETTING_NOT_NUMBER']),
    ...['maybe', '2', 'nope'].map((value) => ['COMFY_OFFLINE', value, 'SETTING_NOT_BOOLEAN']),
    ...NO_ADDRESSES.map((value) => ['HF_ENDPOINT', value, 'SETTING_NOT_ADDRESS']),
  ] as [string, string, string][])('%s=%s', (name, value, code) => {
    const error = thrownBy(() => parseSettings({ [name]: value }))
    expect(error).toMatchObject({ code, exitCode: 2, params: { name, value } })
  })

  test('and a login in it stays untold', () => {
    const { message } = thrownBy(() => parseSettings({ HF_ENDPOINT: 'ftp://me:secret@a.org' }))
    expect(message).not.toContain('secret')
  })
})

test.each([
  [['1', 'true', 'YES', 'On', ' 1 '], true],
  [['0', 'false', 'NO', 'Off'], false],
])('%j mean %s', (values, expected) => {
  expect(values.map((value) => parseSettings({ COMFY_SKIP_MODELS: value }).skipModels)).toEqual(
    values.map(() => expected),
  )
})

test('a timeout longer than a timer can wait is the longest that it can', () => {
  const { gitTimeoutMs } = parseSettings({ COMFYPIN_GIT_TIMEOUT: '99999999' })
  expect(gitTimeoutMs).toBe(2 ** 31 - 1)
})

test('paths are absolute, whatever was written', () => {
  expect(
    parseSettings({ MODELS_DIR: '~/m', COMFY_HOME: 'h/../home', COMFY_CACHE_ROOT: '~' }),
  ).toMatchObject({
    modelsDir: join(homedir(), 'm'),
    home: resolve('home'),
    cacheRoot: homedir(),
  })
  expect(['~', '~/a', '~me/a', 'a/~', '/~'].map(expandHome)).toEqual([
    homedir(),
    join(homedir(), 'a'),
    '~me/a',
    'a/~',
    '/~',
  ])
})

test('a relative XDG_CACHE_HOME is ignored, as its specification asks', () => {
  expect(parseSettings({ XDG_CACHE_HOME: 'relative' }).cacheRoot).toBe(parseSettings({}).cacheRoot)
})

test.each([
  [{ LANG: 'ru_RU.UTF-8' }, 'ru'],
  [{ LANG: 'de_DE.UTF-8' }, 'en'],
  [{ LANG: 'ru_RU.UTF-8', LC_ALL: 'C' }, 'en'],
  [{ LANG: 'C', LC_MESSAGES: 'ru_RU' }, 'ru'],
  [{ LC_ALL: 'C', COMFYPIN_LANG: 'RU' }, 'ru'],
  [{ LC_ALL: 'ru_RU', COMFYPIN_LANG: 'en' }, 'en'],
])('%j speaks %s', (env, expected) => {
  expect(parseSettings(env).language).toBe(expected)
})

test('programs inherit the whole environment, and nothing that is not set', () => {
  expect(parseSettings({ A: '1', B: undefined, C: '' }).env).toEqual({ A: '1', C: '' })
})

test('a folder is writable, or it is not, or it is not there', () => {
  const dir = tempDir()
  expect(isWritable(dir)).toBe(true)
  expect(isWritable(join(dir, 'nothing'))).toBe(false)
  chmodSync(dir, 0o500)
  expect(isWritable(dir)).toBe(process.getuid?.() === 0)
})

test('the cache is on the volume that RUNPOD_VOLUME_ROOT names, unless it has a place of its own', () => {
  const root = tempDir('volume')
  const env = { RUNPOD_VOLUME_ROOT: root, XDG_CACHE_HOME: '/xdg' }
  expect(parseSettings(env)).toMatchObject({
    cacheRoot: join(root, 'cache/runpod-comfy'),
    volume: { root },
  })
  expect(parseSettings({ ...env, COMFY_CACHE_ROOT: '/c' }).cacheRoot).toBe('/c')
  const absent = parseSettings({ ...env, RUNPOD_VOLUME_ROOT: join(root, 'absent') })
  expect(absent.cacheRoot).toBe('/xdg/runpod-comfy')
  expect(parseSettings({ RUNPOD_VOLUME_ROOT: '~/vol' }).volume.root).toBe(join(homedir(), 'vol'))
})

/** On a RunPod machine its volumes come before anything that the user's home could say. */
function defaultCacheRoot(parent: string): string {
  const volume = ['/runpod-volume', '/workspace'].find(isWritable)
  return join(volume === undefined ? parent : join(volume, 'cache'), 'runpod-comfy')
}
