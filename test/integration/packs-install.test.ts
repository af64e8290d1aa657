import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { createRepo } from '../helpers/git-repo.ts'
import { writeWheels } from '../helpers/python-index.ts'
import { tempDir } from '../helpers/temp.ts'
import { nodeModule } from '../helpers/test-packs.ts'
import { createWorld, type World } from '../helpers/world.ts'

let world: World
let wheels: string

/** `uv` as PyPI's package of that name hands over to its program, with what that tells it. */
const UV_MODULE = `import os, sys
uv = os.environ['TEST_UV']
env = {**os.environ, 'UV_INTERNAL__PARENT_INTERPRETER': sys.executable}
os.execve(uv, [uv, *sys.argv[1:]], env)
`

beforeAll(async () => {
  world = await createWorld()
  wheels = tempDir('sneaky')
  writeWheels(wheels, [
    { name: 'sneaky', version: '1.0' },
    { name: 'uv', version: '0.0.1', files: { 'uv/__init__.py': '', 'uv/__main__.py': UV_MODULE } },
  ])
})

const uv = () => String(world.env['COMFYPIN_UV'])
const sneaky = () => join(wheels, 'sneaky-1.0-py3-none-any.whl')

/** A version with one pack that runs these commands at import and shows what its node is asked to run. */
function writeVersion(id: string, commands: readonly string[], part: object = {}): void {
  const run = `import subprocess, sys
def run(command):
    done = subprocess.run(command.replace('PYTHON', sys.executable).split(), text=True, stderr=2, stdout=-1)
    return f'{done.returncode} {done.stdout}'
for command in ${JSON.stringify(commands)}:
    print('tried', command, run(command))`
  const { commits } = createRepo(join(world.root, 'repos', `${id}.git`), {
    files: { '__init__.py': nodeModule('RunNode', run, 'run(value)') },
  })
  const pack = { repo: `${world.git.url}/${id}.git`, commit: commits[0] }
  world.writeSpec(id, { custom_nodes: [pack], env: { TEST_UV: uv() }, ...part })
}

const env = () => ({ UV_FIND_LINKS: `${world.wheels},${wheels}`, TEST_UV: uv() })

async function runNode(id: string, command: string) {
  const file = join(world.root, 'install.json')
  writeFileSync(file, JSON.stringify({ 1: { class_type: 'RunNode', inputs: { value: command } } }))
  const args = ['run-handler', id, '--workflow', file, '--output', join(world.root, 'out')]
  const { data, stderr } = await world.json(args, env())
  return { text: data.texts[0].text, stderr }
}

function installed(id: string): string[] {
  const lib = join(world.home(id), '.venv/lib')
  const [python = ''] = readdirSync(lib)
  return readdirSync(join(lib, python, 'site-packages')).filter((name) => name.includes('info'))
}

test.each([
  ['its own uv', () => `${uv()} pip`, {}, 'the program'],
  ['the module uv', () => 'PYTHON -m uv pip', { python_packages: ['uv'] }, 'the-module'],
])(
  'a pack that installs with %s is refused and told of, and the venv stays as it was',
  async (_, uvPip, part, name) => {
    const id = name.replace(' ', '-')
    const commands = [
      `${uvPip()} install ${sneaky()}`,
      `${uvPip()} install comfypin-test-beta`,
      `${uvPip()} install comfypin-test-beta==1.0 --find-links ${world.wheels}`,
    ]
    writeVersion(id, commands, part)
    const { exitCode, stderr } = await world.run(['realize', id], env())
    expect(exitCode).toBe(0)
    expect(stderr).toContain('a pack tried to install Python packages while ComfyUI started')
    const { text } = await runNode(id, `${uvPip()} install ${sneaky()}`)
    expect(text).toMatch(/^2 /)
    expect(installed(id).filter((one) => /^(sneaky|comfypin_test_beta)/.test(one))).toEqual([])
    const listed = await runNode(id, `${uvPip()} list`)
    expect(listed.text).toMatch(/^0 [^]*\baiohttp\b/)
    expect(await world.json(['realize', id], env())).toMatchObject({ data: { changed: false } })
  },
)

test('a pack that calls pip is told of', async () => {
  writeVersion('pip', ['PYTHON -m pip install numpy'])
  const { stderr } = await world.run(['realize', 'pip'], env())
  expect(stderr).toContain('may not (')
  expect(stderr).toContain('No module named pip)')
})

test('packages that a pack removes are told, and back at the next start', async () => {
  writeVersion('removes', [], { python_packages: ['comfypin-test-alpha'] })
  await world.json(['realize', 'removes'], env())
  const { text, stderr } = await runNode('removes', `${uv()} pip uninstall comfypin-test-alpha`)
  expect(text).toMatch(/^0 /)
  expect(stderr).toContain('changed the Python packages while ComfyUI ran (-comfypin-test-alpha)')
  const again = await runNode('removes', `${uv()} pip list`)
  expect(again.text).toContain('comfypin-test-alpha')
  expect(again.stderr).not.toContain('changed the Python packages')
})

test('packages that a pack removes at its import check are back when realize ends', async () => {
  const commands = [`${uv()} pip uninstall comfypin-test-alpha`]
  writeVersion('early', commands, { python_packages: ['comfypin-test-alpha'] })
  const { stderr } = await world.run(['realize', 'early'], env())
  expect(stderr).toContain('(-comfypin-test-alpha)')
  expect(installed('early')).toContain('comfypin_test_alpha-2.0.dist-info')
})

test('a spec that wants its packs to install may say so', async () => {
  const own = { UV_REQUIRE_HASHES: '0', TEST_UV: uv() }
  writeVersion('allowed', [], { env: own })
  await world.json(['realize', 'allowed'], env())
  const { text, stderr } = await runNode('allowed', `${uv()} pip install ${sneaky()}`)
  expect(text).toMatch(/^0 /)
  expect(stderr).toContain('(+sneaky)')
})
