import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
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
      'warning: install.py of pack installer installs one or the other of onnxruntime, onnxruntime-gpu, depending on the machine; add to python_packages what you need',
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
