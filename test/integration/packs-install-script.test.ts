import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, lstatSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { changedSinceSeal } from '../../src/realize/checkout-seal.ts'
import { createRepo } from '../helpers/git-repo.ts'
import { nodeModule } from '../helpers/test-packs.ts'
import { createWorld, type SpecPart, type World } from '../helpers/world.ts'

let world: World
let installer: SpecPart

const PIP = `import os, subprocess, sys
def pip_install(*args):
    subprocess.run([sys.executable, '-m', 'pip', 'install', *args])
`

const INSTALL = `${PIP}
open(os.path.join(os.environ['HOME'], 'ran'), 'w').close()
BASE = 'https://example.org/m'
try:
    import comfypin_test_beta
except ImportError:
    pip_install('comfypin-test-beta<2', '-U')
for line in open('requirements-more.txt'):
    pip_install(line)
pip_install('onnxruntime-gpu' if os.path.exists('/dev/nvidia0') else 'onnxruntime')
download(f'{BASE}/swap_128.onnx')
`

beforeAll(async () => {
  world = await createWorld()
  installer = packOf('installer', {
    'requirements-more.txt': 'comfypin-test-alpha>=1 # a comment\n',
    'install.py': INSTALL,
  })
})

describe('what an install.py installs for certain', () => {
  test('is a requirement like others; the rest is told, and nothing is run', async () => {
    world.writeSpec('taken', { custom_nodes: [installer] })
    const { exitCode, stderr } = await world.run(['realize', 'taken'])
    expect(exitCode).toBe(0)
    expect(pinned('taken')).toEqual(['comfypin-test-alpha 2.0', 'comfypin-test-beta 1.0'])
    const told = stderr.split('\n').filter((line) => line.includes('install.py'))
    expect(told).toEqual([
      'warning: pack installer has an install.py; it is not run (comfypin nodes run-install taken installer would)',
      'warning: install.py of pack installer may install onnxruntime, onnxruntime-gpu, depending on the machine; add to python_packages what you need',
      'warning: install.py of pack installer would download https://example.org/m/swap_128.onnx; comfypin add taken --from-install-scripts makes them models of the version',
    ])
    expect(existsSync(join(world.root, 'ran'))).toBe(false)
  })

  test('is shown by the plan and by show, and a second realize finds nothing to do', async () => {
    const scripts = [
      { pack: 'installer', requirements: ['comfypin-test-beta<2', 'comfypin-test-alpha>=1'] },
    ]
    const plan = await world.json(['realize', 'taken', '--dry-run'])
    expect(plan.data.changed).toBe(false)
    expect(plan.data.steps).toContainEqual(expect.objectContaining({ action: 'reuse', scripts }))
    const { stdout } = await world.run(['realize', 'taken', '--dry-run'])
    expect(stdout).toContain(
      '(install.py of installer: comfypin-test-beta<2, comfypin-test-alpha>=1)',
    )
    expect((await world.json(['show', 'taken'])).data.python.scripts).toEqual(scripts)
    expect((await world.run(['show', 'taken'])).stdout).toContain('from install.py of installer: ')
    expect((await world.json(['realize', 'taken'])).data.changed).toBe(false)
    expect((await world.json(['validate', 'taken'])).data.problems).toEqual([])
  })

  test('needs no warning when that is all it does', async () => {
    const pack = packOf('plain', { 'install.py': `${PIP}pip_install('comfypin-test-beta')\n` })
    world.writeSpec('plain', { custom_nodes: [pack] })
    const { stderr } = await world.run(['realize', 'plain'])
    expect(stderr).not.toContain('install.py')
    expect(pinned('plain')).toEqual(['comfypin-test-beta 2.0'])
  })

  test('is left out with install_requirements: false', async () => {
    world.writeSpec('without', { custom_nodes: [{ ...installer, install_requirements: false }] })
    const { exitCode, stderr } = await world.run(['realize', 'without'])
    expect(exitCode).toBe(0)
    expect(pinned('without')).toEqual([])
    expect(stderr).not.toContain('onnxruntime')
  })

  test('is named as the owner when it conflicts', async () => {
    const wanted = { python_packages: ['comfypin-test-beta>=2'] }
    world.writeSpec('clashing', { custom_nodes: [installer], ...wanted })
    const { exitCode, stderr } = await world.run(['realize', 'clashing'])
    expect(exitCode).toBe(1)
    expect(stderr).toContain('install.py of installer depends on comfypin-test-beta<2')
    expect(stderr).toContain('change or remove one of: install.py of installer, python_packages')
  })

  test('joins a lock from before, once', async () => {
    const file = join(world.cacheRoot, 'resolved/pylock.taken.toml')
    const lock = readFileSync(file, 'utf8')
    writeFileSync(file, lock.replace(/^# comfypin inputs .*\n/, '# comfypin inputs 0\n'))
    const first = await world.json(['realize', 'taken'])
    expect(first.data.steps).toContainEqual(
      expect.objectContaining({ kind: 'python-lock', action: 'resolve' }),
    )
    expect(readFileSync(file, 'utf8')).toBe(lock)
    expect((await world.json(['realize', 'taken'])).data.changed).toBe(false)
  })
})

describe('models of install scripts', () => {
  const MODELS = `import os
from torchvision.datasets.utils import download_url
model_path = os.environ.get('COMFYUI_MODEL_PATH')
if model_path is None:
    model_path = os.path.abspath(os.path.join(os.path.dirname(__file__), '..', '..', 'models'))
download_url("https://huggingface.co/o/r/resolve/main/face.pt", os.path.join(model_path, "ultralytics", "bbox"))
download_url("https://example.org/v2/hand.pt", os.path.join(model_path, "ultralytics", "hand_v2.pt"))
download_url("https://example.org/own.onnx", os.path.join(os.path.dirname(__file__), "ckpts"))
download_url("https://example.org/where.onnx", os.environ["WHERE"])
download_url("https://example.org/out.onnx", os.path.join(model_path, "..", "..", "x"))
download_url("https://[odd/odd.pt", os.path.join(model_path, "odd"))
download_url("https://example.org/twice.pt", os.path.join(model_path, "taken.pt"))
download_url("https://example.org/other.pt", os.path.join(model_path, "a", "Taken.pt"))
`
  const added = [
    {
      source: 'https://example.org/own.onnx',
      target_path: '$COMFY_HOME/custom_nodes/models/ckpts/',
    },
    { source: 'https://example.org/v2/hand.pt', target_path: '$MODELS_DIR/ultralytics/hand_v2.pt' },
    {
      source: 'https://huggingface.co/o/r/resolve/main/face.pt',
      target_subdir: 'ultralytics/bbox',
    },
  ]
  const taken = { source: 'https://example.org/mine.pt', target_path: '$MODELS_DIR/a/taken.pt' }
  const add = (...flags: string[]) =>
    world.json(['add', 'models', '--from-install-scripts', ...flags])
  const modelsOf = () =>
    JSON.parse(readFileSync(join(world.versionsDir, 'models.json'), 'utf8')).models

  test('are told, with the command that makes them entries', async () => {
    const pack = packOf('models', { 'install.py': MODELS })
    world.writeSpec('models', { custom_nodes: [pack], models: [taken] })
    const early = await add()
    expect(early).toMatchObject({ exitCode: 1, error: { code: 'PACKS_NOT_CACHED' } })
    expect(early.error.message).toContain('models: these packs are not in the cache')
    const { stderr } = await world.run(['realize', 'models', '--skip-models'])
    expect(stderr).toContain('comfypin add models --from-install-scripts makes them models')
    expect(stderr).not.toContain('it is not run')
  })

  test('become entries of the spec where the script says the folder; the rest are notes', async () => {
    const dry = await add('--dry-run')
    expect(dry.data).toMatchObject({ dry_run: true, edits: [{}, {}, {}] })
    expect(modelsOf()).toEqual([taken])
    const { data } = await add()
    expect(modelsOf()).toEqual([taken, ...added])
    expect(data.notes).toEqual([
      { code: 'SCRIPT_MODEL_FOLDER', subject: 'https://[odd/odd.pt', detail: 'models' },
      { code: 'MODEL_TWICE', subject: 'a/Taken.pt', detail: 'https://example.org/other.pt' },
      { code: 'SCRIPT_MODEL_FOLDER', subject: 'https://example.org/out.onnx', detail: 'models' },
      { code: 'SCRIPT_MODEL_FOLDER', subject: 'https://example.org/twice.pt', detail: 'models' },
      { code: 'SCRIPT_MODEL_FOLDER', subject: 'https://example.org/where.onnx', detail: 'models' },
    ])
  })

  test('that the spec has are left alone, however their address is spelled', async () => {
    const spec = join(world.versionsDir, 'models.json')
    const text = readFileSync(spec, 'utf8')
    const spelled = text.replace(
      'https://huggingface.co/o/r/resolve/main/face.pt',
      'hf://o/r/face.pt',
    )
    writeFileSync(spec, spelled)
    const { stdout } = await world.run(['add', 'models', '--from-install-scripts'])
    expect(stdout).toContain('models: nothing to add, the spec stays as it is')
    expect(readFileSync(spec, 'utf8')).toBe(spelled)
  })
})

describe('an install.py that is run on request', () => {
  const RUN = `import os, sys
here = os.path.dirname(os.path.abspath(__file__))
print('argv', sys.argv, os.getcwd() == os.path.realpath(here))
print('core', os.path.exists(os.path.join(os.environ['COMFYUI_PATH'], 'main.py')))
print('base', os.environ['COMFYUI_FOLDERS_BASE_PATH'])
with open(os.path.join(here, 'shipped.txt'), 'a') as file:
    file.write('more\\n')
os.makedirs('state', exist_ok=True)
with open('state/made.txt', 'w') as file:
    file.write('made')
sys.exit(int(os.environ.get('TEST_EXIT', '0')))
`
  const inPack = (id: string, ...path: string[]) =>
    join(world.home(id), 'custom_nodes/runner', ...path)
  let pack: SpecPart
  let repo: ReturnType<typeof createRepo>
  let checkout: string

  beforeAll(async () => {
    const files = {
      'install.py': RUN,
      'shipped.txt': 'one\n',
      '__init__.py': nodeModule('RunNode'),
    }
    repo = createRepo(join(world.root, 'repos/runner.git'), { files })
    pack = { repo: `${world.git.url}/runner.git`, commit: repo.commits[0] }
    for (const id of ['run', 'still']) {
      world.writeSpec(id, { custom_nodes: [pack] })
      await world.run(['realize', id])
    }
    checkout = readlinkSync(inPack('run'))
  })

  test('runs in a private copy, and what it changed is told', async () => {
    const { exitCode, data, stderr } = await world.json(['nodes', 'run-install', 'run', 'runner'])
    expect({ exitCode, data: { ...data, ms: 0 } }).toEqual({
      exitCode: 0,
      data: {
        version_id: 'run',
        home: world.home('run'),
        pack: 'runner',
        path: inPack('run'),
        exit_code: 0,
        added: ['state/made.txt'],
        changed: ['shipped.txt'],
        ms: 0,
      },
    })
    expect(stderr).toContain("argv ['install.py'] True\ncore True\n")
    expect(stderr).toContain(`base ${world.home('run')}\n`)
    expect(readFileSync(inPack('run', 'shipped.txt'), 'utf8')).toBe('one\nmore\n')
    expect(changedSinceSeal({ dir: checkout, seal: `${checkout}.seal` })).toEqual([])
    expect(readlinkSync(inPack('still'))).toBe(checkout)
    expect(existsSync(inPack('still', 'state'))).toBe(false)
  })

  test('tells the second time what it did then, and realize has nothing to do', async () => {
    expect((await world.json(['realize', 'run'])).data.changed).toBe(false)
    const { stdout } = await world.run(['nodes', 'run-install', 'run', 'runner'])
    expect(stdout).toContain(`ran in ${inPack('run')}\n  + state/made.txt\n  ~ shipped.txt`)
    expect((await world.json(['validate', 'run'])).data.problems).toEqual([])
  })

  test('that fails is an error with its last lines; the copy keeps what it wrote', async () => {
    const env = { TEST_EXIT: '3' }
    const { exitCode, error } = await world.json(['nodes', 'run-install', 'run', 'runner'], env)
    expect({ exitCode, code: error.code }).toEqual({ exitCode: 1, code: 'PACK_INSTALL_FAILED' })
    expect(error.message).toContain('(exit 3)')
    expect(error.message).toContain('core True')
    expect(readFileSync(inPack('run', 'shipped.txt'), 'utf8')).toBe('one\nmore\nmore\nmore\n')
  })

  test('keeps what it wrote with another commit of the pack', async () => {
    const commit = repo.commit({ files: { 'newer.txt': 'newer\n' } })
    world.writeSpec('run', { custom_nodes: [{ ...pack, commit }] })
    expect((await world.json(['realize', 'run'])).exitCode).toBe(0)
    expect(readFileSync(inPack('run', 'newer.txt'), 'utf8')).toBe('newer\n')
    expect(readFileSync(inPack('run', 'state/made.txt'), 'utf8')).toBe('made')
  })

  test('of a home in use, of no pack and of a pack without one is refused', async () => {
    const run = (id: string, name: string) => world.json(['nodes', 'run-install', id, name])
    expect((await run('run', 'nobody')).error).toMatchObject({
      code: 'NAME_UNKNOWN',
      hint: 'it has runner',
    })
    world.writeSpec('bare', { custom_nodes: [world.pack('good')] })
    expect((await run('bare', 'good')).error.code).toBe('PACK_NO_INSTALL_SCRIPT')
    const busy = spawn('sleep', ['60'], { cwd: world.home('run') })
    try {
      await once(busy, 'spawn')
      expect((await run('run', 'runner')).error.code).toBe('HOME_BUSY')
    } finally {
      busy.kill()
      await once(busy, 'exit')
    }
  })

  test('without a trace in the pack stays in a copy until the pack leaves', async () => {
    const quiet = packOf('quiet', { 'install.py': "print('nothing')\n" })
    world.writeSpec('quiet', { custom_nodes: [quiet] })
    const place = join(world.home('quiet'), 'custom_nodes/quiet')
    const isCopy = () => lstatSync(place).isDirectory()
    const { data } = await world.json(['nodes', 'run-install', 'quiet', 'quiet'])
    expect(data).toMatchObject({ added: [], changed: [] })
    expect(isCopy()).toBe(true)
    expect((await world.json(['realize', 'quiet', '--check'])).exitCode).toBe(0)
    expect(isCopy()).toBe(true)
    world.writeSpec('quiet', {})
    await world.run(['realize', 'quiet'])
    world.writeSpec('quiet', { custom_nodes: [quiet] })
    await world.run(['realize', 'quiet'])
    expect(isCopy()).toBe(false)
  })

  test('that calls pip gets none, and the core that it writes into is made again', async () => {
    const reaches = packOf('reaches', {
      'install.py': `import os, subprocess, sys
subprocess.run([sys.executable, '-m', 'pip', 'install', 'comfypin-test-beta'])
with open(os.path.join(os.environ['COMFYUI_PATH'], 'main.py'), 'a') as file:
    file.write('# mine')
`,
    })
    world.writeSpec('reaches', { custom_nodes: [{ ...reaches, install_requirements: false }] })
    const { exitCode, stderr } = await world.json(['nodes', 'run-install', 'reaches', 'reaches'])
    expect(exitCode).toBe(0)
    expect(stderr).toContain('No module named pip')
    expect(stderr).toContain('install.py of pack reaches called pip, which is out of its reach')
    expect(stderr).toContain('install.py of pack reaches wrote into the shared core (main.py)')
    expect((await world.json(['validate', 'reaches'])).data.problems).toEqual([])
    expect((await world.json(['realize', 'reaches'])).data.changed).toBe(false)
  })
})

function packOf(name: string, files: Record<string, string>): SpecPart {
  const all = { '__init__.py': nodeModule('TestNode'), ...files }
  const { commits } = createRepo(join(world.root, 'repos', `${name}.git`), { files: all })
  return { repo: `${world.git.url}/${name}.git`, commit: commits[0] }
}

/** The test packages of a Python lock. */
function pinned(id: string): string[] {
  const text = readFileSync(join(world.cacheRoot, `resolved/pylock.${id}.toml`), 'utf8')
  return [...text.matchAll(/^name = "(comfypin-.*)"\nversion = "(.*)"$/gm)].map(
    ([, name, version]) => `${name} ${version}`,
  )
}
