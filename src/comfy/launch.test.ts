import { expect, test } from 'vitest'
import { thrownBy } from '../../test/helpers/failure.ts'
import { launchCommand, type LaunchPlan } from './launch.ts'

const FLAGS = [
  '--listen',
  '--port',
  '--base-directory',
  '--database-url',
  '--disable-auto-launch',
  '--cpu',
  '--extra-model-paths-config',
]

test('one shared core runs for a home that is given on the command line', () => {
  const command = launchCommand(planWith({ extraModelPaths: '/home/v/extra_model_paths.yaml' }))
  expect(command.argv).toEqual([
    '/home/v/.venv/bin/python',
    '/cache/core/main.py',
    '--base-directory',
    '/home/v',
    '--database-url',
    'sqlite:////home/v/user/comfyui.db',
    '--extra-model-paths-config',
    '/home/v/extra_model_paths.yaml',
    '--listen',
    '127.0.0.1',
    '--port',
    '8188',
    '--disable-auto-launch',
  ])
  expect(command.cwd).toBe('/home/v')
  expect(command.folders).toEqual({
    input: '/home/v/input',
    output: '/home/v/output',
    temp: '/home/v/temp',
  })
})

test('a core too old for --base-directory runs in its private tree with the folders of the home', () => {
  const { argv, cwd, env } = launchCommand(
    planWith({
      coreDir: '/home/v/core',
      flags: new Set(['--listen', '--port', '--output-directory', '--temp-directory']),
    }),
  )
  expect(argv.slice(1, 6)).toEqual([
    '/home/v/core/main.py',
    '--output-directory',
    '/home/v/output',
    '--temp-directory',
    '/home/v',
  ])
  expect(argv).not.toContain('--disable-auto-launch')
  expect(cwd).toBe('/home/v/core')
  expect(env['COMFYUI_FOLDERS_BASE_PATH']).toBe('/home/v/core')
})

test.each([
  ['nothing said', [], true],
  ['another memory mode', ['--lowvram'], false],
  ['--cpu already said', ['--cpu'], false],
  ['DirectML, which uses a CPU build of torch', ['--directml', '0'], false],
])('--cpu for a CPU build of torch with %s', (_, extraArgs, added) => {
  const { argv } = launchCommand(planWith({ cpu: true, extraArgs }))
  const own = argv.slice(0, argv.length - extraArgs.length)
  expect(own.includes('--cpu')).toBe(added)
})

test.each([
  { arg: '--port' },
  { arg: '--port=9' },
  { arg: '--por' },
  { arg: '--listen' },
  { arg: '--base-directory=/x' },
])('$arg cannot be passed through', ({ arg }) => {
  expect(thrownBy(() => launchCommand(planWith({ extraArgs: [arg] }))).code).toBe('ARGUMENT_OWNED')
})

test('flags that take a path may be passed through, and the folders follow them', () => {
  const { argv, folders } = launchCommand(
    planWith({
      extraArgs: [
        '--database-url=sqlite:///:memory:',
        '--output-directory',
        '/out',
        '--temp-directory=/t',
      ],
    }),
  )
  expect(argv.filter((arg) => arg.startsWith('--database-url'))).toHaveLength(1)
  expect(folders).toEqual({ input: '/home/v/input', output: '/out', temp: '/t/temp' })
})

test('a home has its own settings and caches, and shares those of the model hubs', () => {
  const { env } = launchCommand(planWith({ inheritedEnv: { HOME: '/root', PATH: '/bin' } }))
  expect(env).toMatchObject({
    PATH: '/bin',
    XDG_CONFIG_HOME: '/home/v/var/config',
    XDG_CACHE_HOME: '/home/v/var/cache',
    MPLCONFIGDIR: '/home/v/var/matplotlib',
    NUMBA_CACHE_DIR: '/home/v/var/numba',
    YOLO_CONFIG_DIR: '/home/v/var/ultralytics',
    HF_HOME: '/root/.cache/huggingface',
    TORCH_HOME: '/root/.cache/torch',
    PYTHONUNBUFFERED: '1',
    PYTHONDONTWRITEBYTECODE: '1',
    PYTHONNOUSERSITE: '1',
    COMFYUI_PATH: '/cache/core',
    COMFYUI_FOLDERS_BASE_PATH: '/home/v',
  })
  const { env: moved } = launchCommand(
    planWith({ inheritedEnv: { HF_HOME: '/hf', XDG_CACHE_HOME: '/caches' } }),
  )
  expect(moved).toMatchObject({ HF_HOME: '/hf', TORCH_HOME: '/caches/torch' })
})

test("the shell's Python settings do not reach the home's interpreter, the spec's do", () => {
  const inheritedEnv = { HOME: '/root', PYTHONPATH: '/shell', PYTHONHOME: '/usr' }
  const { env } = launchCommand(planWith({ inheritedEnv }))
  expect(env).not.toHaveProperty('PYTHONPATH')
  expect(env).not.toHaveProperty('PYTHONHOME')
  const { env: withSpec } = launchCommand(planWith({ inheritedEnv, specEnv: { PYTHONPATH: '/s' } }))
  expect(withSpec['PYTHONPATH']).toBe('/s')
})

test('packs may look at packages and install none, unless the spec says so', () => {
  const inheritedEnv = { VIRTUAL_ENV: '/shell', UV_CACHE_DIR: '/cache/uv' }
  const { env } = launchCommand(planWith({ inheritedEnv }))
  expect(env).toMatchObject({
    VIRTUAL_ENV: '/home/v/.venv',
    UV_CACHE_DIR: '/home/v/var/uv',
    UV_OFFLINE: '1',
    UV_REQUIRE_HASHES: '1',
    PIP_NO_INDEX: '1',
    PIP_REQUIRE_HASHES: '1',
    PIP_REQUIRE_VIRTUALENV: '1',
  })
  const specEnv = { UV_REQUIRE_HASHES: '0' }
  expect(launchCommand(planWith({ specEnv })).env).toMatchObject({ UV_REQUIRE_HASHES: '0' })
})

test("the spec's environment comes last but cannot empty what keeps runs apart", () => {
  const { env } = launchCommand(
    planWith({ specEnv: { PYTHONDONTWRITEBYTECODE: '', XDG_CACHE_HOME: '/mine', EMPTY: '' } }),
  )
  expect(env).toMatchObject({ PYTHONDONTWRITEBYTECODE: '1', XDG_CACHE_HOME: '/mine', EMPTY: '' })
})

function planWith(changes: Partial<LaunchPlan>): LaunchPlan {
  return {
    python: '/home/v/.venv/bin/python',
    coreDir: '/cache/core',
    home: '/home/v',
    host: '127.0.0.1',
    port: 8188,
    extraModelPaths: null,
    flags: new Set(FLAGS),
    cpu: false,
    specEnv: {},
    extraArgs: [],
    inheritedEnv: { HOME: '/root' },
    ...changes,
  }
}
