import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { createRepo, type Repo } from '../helpers/git-repo.ts'
import { writeWheels } from '../helpers/python-index.ts'
import { nodeModule } from '../helpers/test-packs.ts'
import { createWorld, type SpecPart, type World } from '../helpers/world.ts'

let world: World
/** Wheels beside those that every world has. */
let links: { UV_FIND_LINKS: string }

beforeAll(async () => {
  world = await createWorld()
  const more = join(world.root, 'more-wheels')
  mkdirSync(more)
  writeWheels(more, [
    { name: 'opencv-python', version: '4.9.0', files: { 'cv2/__init__.py': '' } },
    { name: 'opencv-python-headless', version: '4.10.0', files: { 'cv2/__init__.py': '' } },
    { name: 'opencv-contrib-python-headless', version: '4.9.0', files: { 'cv2/__init__.py': '' } },
    {
      name: 'pymatting',
      version: '1.0',
      files: { 'pymatting/__init__.py': COMPILE_AT_IMPORT },
    },
  ])
  links = { UV_FIND_LINKS: `${world.wheels},${more}` }
})

const COMPILE_AT_IMPORT = `import os
folder = os.environ['NUMBA_CACHE_DIR']
with open(os.path.join(folder, 'compiled'), 'a') as file:
    file.write('x')
`

describe('Python packages', () => {
  const twins = { python_packages: ['opencv-python-headless', 'opencv-python'] }
  const reduced = {
    kept: 'opencv-contrib-python-headless',
    removed: ['opencv-python', 'opencv-python-headless'],
  }

  test('with the same files are reduced to one, and the plan says so', async () => {
    world.writeSpec('twins', twins)
    const { exitCode, stderr } = await world.json(['realize', 'twins'], links)
    expect(exitCode).toBe(0)
    expect(stderr).toContain('only opencv-contrib-python-headless is installed')
    const { data } = await world.json(['realize', 'twins', '--dry-run'], links)
    expect(lockStep(data)).toMatchObject({ action: 'reuse', twins: 'one', reduced: [reduced] })
    const { stdout } = await world.run(['realize', 'twins', '--dry-run'], links)
    expect(stdout).toContain(
      '(opencv-contrib-python-headless instead of opencv-python, opencv-python-headless)',
    )
  })

  test('stay as they are asked for where the spec wants them all', async () => {
    world.writeSpec('twins', { ...twins, python_twins: 'all' })
    const plan = await world.json(['realize', 'twins', '--dry-run'], links)
    expect(lockStep(plan.data)).toMatchObject({ action: 'resolve', twins: 'all', reduced: null })
    await world.json(['realize', 'twins'], links)
    expect(packagesOf('twins').filter((name) => name.startsWith('opencv'))).toEqual([
      'opencv_python-4.9.0',
      'opencv_python_headless-4.10.0',
    ])
  })

  test('follow the overrides of the spec, which are part of lock and plan', async () => {
    const overrides = ['comfypin-test-alpha==1.0']
    world.writeSpec('over', { custom_nodes: [world.pack('good')], python_overrides: overrides })
    const plan = await world.json(['realize', 'over', '--dry-run'])
    expect(lockStep(plan.data)).toMatchObject({ overrides })
    await world.json(['realize', 'over'])
    expect(packagesOf('over')).toContain('comfypin_test_alpha-1.0')
    const { stdout } = await world.run(['realize', 'over', '--dry-run'])
    expect(stdout).toContain('(overrides: comfypin-test-alpha==1.0)')
    world.writeSpec('over', { custom_nodes: [world.pack('good')] })
    await world.json(['realize', 'over'])
    expect(packagesOf('over')).toContain('comfypin_test_alpha-2.0')
  })

  test('keep their versions when the spec changes, until newer ones are asked for', async () => {
    const more = join(world.root, 'newer-wheels')
    const newer = { UV_FIND_LINKS: `${world.wheels},${more}` }
    mkdirSync(more)
    world.writeSpec('kept', { custom_nodes: [world.pack('good')] })
    await world.json(['realize', 'kept'], newer)
    writeWheels(more, [{ name: 'comfypin-test-alpha', version: '3.0' }])
    const python_packages = ['comfypin-test-beta']
    world.writeSpec('kept', { custom_nodes: [world.pack('good')], python_packages })
    await world.json(['realize', 'kept'], newer)
    expect(packagesOf('kept')).toContain('comfypin_test_beta-2.0')
    expect(packagesOf('kept')).toContain('comfypin_test_alpha-2.0')
    await world.json(['realize', 'kept', '--upgrade'], newer)
    expect(packagesOf('kept')).toContain('comfypin_test_alpha-3.0')
  })

  test('an override that is no requirement names its place', async () => {
    world.writeSpec('refused', { python_overrides: ['./here'] })
    const { exitCode, error } = await world.json(['realize', 'refused'])
    expect(exitCode).toBe(2)
    expect(error).toMatchObject({
      code: 'REQUIREMENT_REFUSED',
      params: { owner: 'python_overrides' },
    })
  })

  test('that compile at import do so once, for the home itself', async () => {
    world.writeSpec('numba', { python_packages: ['pymatting'] })
    const compiled = join(world.home('numba'), 'var/numba/compiled')
    await world.json(['realize', 'numba'], links)
    expect(readFileSync(compiled, 'utf8')).toBe('x')
    world.writeSpec('numba', {
      python_packages: ['pymatting'],
      custom_nodes: [packOf('matting', module('MattingNode', 'import pymatting'))],
    })
    await world.json(['realize', 'numba'], links)
    // the import check uses the home's own cache
    expect(readFileSync(compiled, 'utf8')).toBe('xx')
    expect(await world.json(['realize', 'numba'], links)).toMatchObject({
      data: { changed: false },
    })
  })
})

describe('what a pack says about itself', () => {
  test('in requirements.txt counts, and where pyproject.toml differs is told', async () => {
    const { stderr } = await realizePack('two-lists', {
      ...module('TwoListsNode'),
      'requirements.txt': 'comfypin-test-alpha\n',
      'pyproject.toml':
        '[project]\ndependencies = ["comfypin-test-beta", "Comfypin_Test.Alpha>=1"]\n',
    })
    expect(stderr).toContain(
      'two-lists: requirements.txt counts; pyproject.toml says otherwise: +comfypin-test-beta ~comfypin-test-alpha>=1',
    )
    expect(packagesOf('two-lists').filter((name) => name.startsWith('comfypin'))).toEqual([
      'comfypin_test_alpha-2.0',
    ])
  })

  test('about the ComfyUI it is made for is held against the core', async () => {
    const { stderr } = await realizePack('newer-core', {
      ...module('NewerCoreNode'),
      'pyproject.toml': '[tool.comfy]\nrequires-comfyui = ">=99.1"\n',
    })
    expect(stderr).toMatch(/pack newer-core is made for ComfyUI >=99\.1; this version has 0\.33/)
  })
})

describe('the import check', () => {
  test('suggests the package that brings a missing module, and installs nothing', async () => {
    const { stderr } = await realizePack('needy', module('NeedyNode', 'import cv2.dnn'))
    expect(stderr).toContain("pack needy does not import: No module named 'cv2'")
    expect(stderr).toContain(
      'pack needy needs the module cv2: add "opencv-contrib-python-headless" to python_packages',
    )
  })

  test('tells nodes that a new commit lost', async () => {
    const both = `${nodeModule('KeptNode')}\nNODE_CLASS_MAPPINGS['LostNode'] = KeptNode\n`
    const repo = repoOf('shrinking', { '__init__.py': both })
    const pack = (commit = '') => ({ repo: `${world.git.url}/shrinking.git`, commit })
    world.writeSpec('shrinking', { custom_nodes: [pack(repo.commits[0])] })
    await world.json(['realize', 'shrinking'])
    const next = repo.commit({ files: module('KeptNode') })
    world.writeSpec('shrinking', { custom_nodes: [pack(next)] })
    const { stderr } = await world.run(['realize', 'shrinking'])
    expect(stderr).toContain('pack shrinking has 1 nodes, 2 before; gone: LostNode')
  })

  test('tells nodes that ComfyUI cannot describe, with the reason', async () => {
    const { stderr } = await realizePack('mute', {
      '__init__.py': nodeModule('MuteNode').replace(
        'return {"required"',
        'raise OSError("no network for the models")\n        return {"required"',
      ),
    })
    expect(stderr).toContain(
      'ComfyUI cannot describe MuteNode; without that nobody can use them: OSError: no network for the models',
    )
  })

  test('takes a core that asks for a login as started', async () => {
    const { exitCode, stderr } = await realizePack('login', {
      '__init__.py': `${LOGIN}\n${nodeModule('LoginNode')}`,
    })
    expect(exitCode).toBe(0)
    expect(stderr).toMatch(/ComfyUI starts, but does not list its nodes: .*GET \/object_info: 401/)
    expect(lstatSync(join(world.home('login'), 'custom_nodes/login')).isSymbolicLink()).toBe(true)
  })
})

const LOGIN = `from aiohttp import web
from server import PromptServer


@web.middleware
async def ask_for_login(request, handler):
    return web.json_response({"error": "Authentication required."}, status=401)


PromptServer.instance.app.middlewares.append(ask_for_login)
`

describe('models that a pack downloads into its own folder', () => {
  const name = 'ComfyUI-Frame-Interpolation'

  test('land in the model store, for every commit and every home', async () => {
    const repo = repoOf(name, module('VfiNode'))
    const pack = (commit = '') => ({ repo: `${world.git.url}/${name}.git`, commit })
    world.writeSpec('vfi', { custom_nodes: [pack(repo.commits[0])] })
    await world.json(['realize', 'vfi'])
    const ckpts = join(world.home('vfi'), 'custom_nodes', name, 'ckpts')
    expect(readlinkSync(ckpts)).toBe(join(world.modelsDir, 'packs', name, 'ckpts'))
    writeFileSync(join(ckpts, 'rife.pth'), 'downloaded')
    const next = repo.commit({ files: { 'news.txt': 'news' } })
    for (const id of ['vfi', 'vfi-two']) {
      world.writeSpec(id, { custom_nodes: [pack(next)] })
      await world.json(['realize', id])
      const file = join(world.home(id), 'custom_nodes', name, 'ckpts/rife.pth')
      expect(readFileSync(file, 'utf8')).toBe('downloaded')
      expect(await world.json(['realize', id])).toMatchObject({ data: { changed: false } })
    }
  })

  test('follow the variable of the pack where there is one', async () => {
    const folder = join(world.modelsDir, 'packs/comfyui_controlnet_aux/ckpts')
    const aux = module('AuxNode', '', "os.environ['AUX_ANNOTATOR_CKPTS_PATH']")
    world.writeSpec('aux', { custom_nodes: [packOf('comfyui_controlnet_aux', aux)] })
    const ask = (env = {}) => runNode('aux', 'AuxNode', env)
    expect(await ask()).toBe(folder)
    expect(statSync(folder).isDirectory()).toBe(true)
    expect(await ask({ AUX_ANNOTATOR_CKPTS_PATH: '/mine' })).toBe('/mine')
  })
})

describe('files that a pack keeps in the folder of the core', () => {
  const keep = `import os, uuid
import folder_paths
place = os.path.join(os.path.dirname(os.path.abspath(folder_paths.__file__)), 'doorman')
os.makedirs(place, exist_ok=True)
file = os.path.join(place, 'PASSWORD')

def password():
    if not os.path.exists(file):
        with open(file, 'w') as out:
            out.write(uuid.uuid4().hex)
    return open(file).read()
`
  const write = (id: string, commit = 0) => {
    const { url, commits } = world.repo('core')
    world.writeSpec(id, {
      comfy: { repo: url, commit: commits[commit] },
      custom_nodes: [packOf('doorman', module('DoormanNode', keep, 'password()'))],
    })
  }
  const passwordOf = (id: string) => runNode(id, 'DoormanNode')

  test('are of each home alone, and the shared core stays as it is', async () => {
    for (const id of ['door', 'door-two']) write(id)
    const [one, other] = [await passwordOf('door'), await passwordOf('door-two')]
    expect(one).toMatch(/^[0-9a-f]{32}$/)
    expect(other).not.toBe(one)
    expect(await passwordOf('door')).toBe(one)
    for (const id of ['door', 'door-two']) {
      expect(await world.json(['realize', id])).toMatchObject({ data: { changed: false } })
      expect(await world.json(['validate', id])).toMatchObject({ exitCode: 0 })
    }
  })

  test('survive another commit of the core', async () => {
    const before = await passwordOf('door')
    write('door', 2)
    expect(await passwordOf('door')).toBe(before)
    expect(await world.json(['validate', 'door'])).toMatchObject({ exitCode: 0 })
  })

  test('survive a kill while the core of a home is exchanged', async () => {
    const before = await passwordOf('door')
    const home = world.home('door')
    renameSync(join(home, 'core'), join(home, '.core-before'))
    write('door')
    expect(await passwordOf('door')).toBe(before)
    expect(existsSync(join(home, '.core-before'))).toBe(false)
  })
})

test('two packs that cannot be had are both told', async () => {
  const gone = (name: string) => ({ repo: world.repo(name).url, commit: 'd'.repeat(40) })
  world.writeSpec('both', { custom_nodes: [gone('clash'), gone('env')] })
  const { exitCode, stderr, error } = await world.json(['realize', 'both'])
  expect({ exitCode, code: error.code }).toEqual({ exitCode: 1, code: 'PACK_MISSING' })
  const other = error.params.name === 'clash' ? 'env' : 'clash'
  expect(stderr).toMatch(new RegExp(`warning: ${other} dddddddddddd failed too: pack ${other}`))
})

function repoOf(name: string, files: Record<string, string>): Repo {
  return createRepo(join(world.root, 'repos', `${name}.git`), { files })
}

function packOf(name: string, files: Record<string, string>): SpecPart {
  return { repo: `${world.git.url}/${name}.git`, commit: repoOf(name, files).commits[0] }
}

function module(node: string, atImport = '', text = 'value') {
  return { '__init__.py': nodeModule(node, atImport, text) }
}

function realizePack(id: string, files: Record<string, string>) {
  world.writeSpec(id, { custom_nodes: [packOf(id, files)] })
  return world.run(['realize', id])
}

async function runNode(id: string, classType: string, env: Record<string, string> = {}) {
  const file = join(world.root, `${id}.json`)
  writeFileSync(file, JSON.stringify({ 1: { class_type: classType, inputs: { value: '' } } }))
  const args = ['run-handler', id, '--workflow', file, '--output', join(world.root, 'out')]
  const { data } = await world.json(args, env)
  return data.texts[0].text
}

function lockStep(data: { steps: readonly { kind: string }[] }) {
  return data.steps.find(({ kind }) => kind === 'python-lock')
}

/** `name-version` of what the venv of a home holds. */
function packagesOf(id: string): string[] {
  const lib = join(world.home(id), '.venv/lib')
  const [python = ''] = readdirSync(lib)
  return readdirSync(join(lib, python, 'site-packages'))
    .filter((entry) => entry.endsWith('.dist-info'))
    .map((entry) => entry.replace(/\.dist-info$/, ''))
    .toSorted()
}
