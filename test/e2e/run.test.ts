import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { PNG } from 'pngjs'
import { beforeAll, describe, expect, test } from 'vitest'
import { firstLine } from '../helpers/first-line.ts'
import { createRepo } from '../helpers/git-repo.ts'
import { freePort } from '../helpers/free-port.ts'
import { listen } from '../helpers/listen.ts'
import { isAlive } from '../helpers/poll.ts'
import { killProcessesOf, processesOf } from '../helpers/process-tree.ts'
import { demoDir } from '../helpers/standin-core.ts'
import { tempDir, whenOver } from '../helpers/temp.ts'
import { coreFiles } from '../helpers/test-packs.ts'
import { createWorld, type JsonAnswer, type SpecPart, type World } from '../helpers/world.ts'

/** The demo's picture, as the conformance suite has it from the core itself. */
const DEMO_PIXELS = '19c46eb36605c500d3aab0d31dd25b1b46aa28f41f512901b3ff0e2d35c1bea6'
const DEMO_WORKFLOW = join(demoDir, 'workflow.json')

let world: World
let first: JsonAnswer
beforeAll(async () => {
  world = await createWorld()
  world.writeSpec('main', {
    custom_nodes: [world.pack('probe'), world.pack('env'), tintPack(), witnessPack()],
    models: [
      {
        source: `file://${demoDir}/models/demo-noise.safetensors`,
        target_subdir: 'checkpoints',
      },
    ],
    env: { GREETING: 'hello ${WHO}' },
  })
  first = await handler(DEMO_WORKFLOW, ['--output', join(world.root, 'first')])
  return () => killProcessesOf(world.root)
})

describe('a workflow', () => {
  test('needs nothing but a spec: the version is realized, run and ended', async () => {
    expect(first).toMatchObject({ exitCode: 0, ok: true, command: 'run-handler' })
    const path = join(world.root, 'first/demo_00001_.png')
    const bytes = readFileSync(path)
    expect(first.data).toEqual({
      version_id: 'main',
      output_mode: 'local',
      files: [
        {
          path,
          name: 'demo_00001_.png',
          node_id: '4',
          size: bytes.length,
          mime: 'image/png',
          sha256: sha256(bytes),
        },
      ],
      texts: [],
      timings: {
        realize: expect.any(Number),
        start: expect.any(Number),
        job: expect.any(Number),
      },
    })
    expect(sha256(PNG.sync.read(bytes).data)).toBe(DEMO_PIXELS)
    expect(processesOf(world.root)).toEqual([])
  })

  test('of a ready version needs no network and no tool, and tells its way', async () => {
    const seen = requestCount()
    const { exitCode, stdout, stderr } = await world.start(
      ['handler', 'run', '--version-id', 'main', '--workflow', DEMO_WORKFLOW],
      { PATH: '/nowhere', COMFYPIN_UV: '/nowhere/uv' },
    ).result
    expect({ exitCode, requests: requestCount() }).toEqual({ exitCode: 0, requests: seen })
    const path = join(world.root, 'outputs/demo_00002_.png')
    expect(stdout).toMatch(
      new RegExp(`^${path} .* sha256:[0-9a-f]{64}\nartifacts: 1, time: .* m?s\n$`),
    )
    expect(stderr).toMatch(/ComfyUI answers at http:\/\/127\.0\.0\.1:\d+ /)
    expect(stderr).toContain('node 2 SeededNoiseSampler\n')
    expect(pixelsOf(path)).toBe(DEMO_PIXELS)
  })

  test('gives each output on its own, and overwrites nothing', async () => {
    const output = tempDir('output')
    writeFileSync(join(output, 'red_00001_.png'), 'mine')
    const workflow = write({
      '1': color(0xff0000),
      '2': save('red', '1'),
      '3': color(0x00ff80),
      '4': save('green', '3'),
      '5': save('red', '1'),
      '6': { class_type: 'PreviewImage', inputs: { images: ['1', 0] } },
      '7': { class_type: 'EnvNode', inputs: { value: 'GREETING' } },
      '8': probe('Show', { text: ['one', 'два'] }),
    })
    const { exitCode, data } = await handler(workflow, ['--output', output], { WHO: 'you' })
    expect(exitCode).toBe(0)
    const files: string[][] = data.files.map((file: Record<string, string>) => [
      file.node_id,
      file.name,
    ])
    expect(files).toEqual([
      ['2', expect.stringMatching(/^red_0000[12]_(-1)?\.png$/)],
      ['4', 'green_00001_.png'],
      ['5', expect.stringMatching(/^red_0000[12]_(-1)?\.png$/)],
      ['7', '7-text-0.txt'],
      ['8', '8-text-0.txt'],
      ['8', '8-text-1.txt'],
    ])
    const names = files.map(([, name = '']) => name)
    expect(new Set(readdirSync(output))).toEqual(new Set([...names, 'red_00001_.png']))
    expect(readFileSync(join(output, 'red_00001_.png'), 'utf8')).toBe('mine')
    expect(readFileSync(join(output, '8-text-1.txt'), 'utf8')).toBe('два')
    expect(data.texts).toEqual([
      { node_id: '7', text: 'hello you' },
      { node_id: '8', text: 'one' },
      { node_id: '8', text: 'два' },
    ])
    const [red, green] = data.files.map((file: { path: string }) => file.path)
    expect(colorsOf(red)).toEqual(['ff0000ff'])
    expect(colorsOf(green)).toEqual(['00ff80ff'])
  })

  test.each([
    ['in UI format', 'ui.json', '{"nodes": [], "links": [], "version": 0.4}', 'WORKFLOW_UI_FORMAT'],
    ['that is a program', 'make.js', 'export default {}', 'WORKFLOW_UNREADABLE'],
    ['that is no JSON', 'torn.json', '{"1": ', 'WORKFLOW_UNREADABLE'],
    ['without nodes', 'empty.json', '{}', 'WORKFLOW_UNREADABLE'],
    ['whose node has no class', 'class.json', '{"1": {"inputs": {}}}', 'WORKFLOW_UNREADABLE'],
  ])('%s is refused before anything is realized or started', async (_, name, text, code) => {
    world.writeSpec('untouched')
    const file = join(tempDir('workflow'), name)
    writeFileSync(file, text)
    const args = ['run-handler', 'untouched', '--workflow', file]
    const { exitCode, stdout, error } = await world.json(args)
    expect({ exitCode, code: error.code }).toEqual({ exitCode: 2, code })
    expect(error.message).toContain(file)
    if (code === 'WORKFLOW_UI_FORMAT') expect(stdout).toContain('Export (API)')
    expect(existsSync(world.home('untouched'))).toBe(false)
  })

  test('with a node that the version does not have is refused with its id and class', async () => {
    const workflow = write({ '1': color(0), '12': { class_type: 'Nope', inputs: {} } })
    const { exitCode, stderr } = await refused(workflow)
    expect(exitCode).toBe(1)
    expect(stderr).toContain('comfypin: ComfyUI refuses the workflow: ')
    expect(stderr).toMatch(/^ {2}node 12 \(Nope\): Node 'Nope' not found/m)
  })

  test('with an input that does not fit is refused with every such input', async () => {
    const workflow = write({
      '1': { ...color(0), inputs: { ...color(0).inputs, width: -5 } },
      '2': save('x', '1'),
      '3': save('y', '9'),
    })
    const { exitCode, stderr } = await refused(workflow)
    expect(exitCode).toBe(1)
    expect(stderr).toMatch(/^ {2}node 1 \(EmptyImage\), input width: Value -5 smaller than min/m)
    expect(stderr).toMatch(/^ {2}node 3 \(SaveImage\): /m)
  })

  test('whose node raises fails with what it said, whatever else was saved', async () => {
    const output = join(tempDir('output'), 'new')
    const workflow = write({ '1': color(0), '2': save('x', '1'), '3': probe('Fail', 'no luck') })
    const { exitCode, error } = await handler(workflow, ['--output', output])
    expect({ exitCode, error }).toMatchObject({
      exitCode: 1,
      error: {
        code: 'JOB_FAILED',
        message: 'node 3 (ProbeFail) failed: RuntimeError: no luck',
        params: { node: '3', classType: 'ProbeFail' },
      },
    })
    expect(existsSync(output)).toBe(false)
  })

  test('that saves nothing is an error', async () => {
    const preview = { class_type: 'PreviewImage', inputs: { images: ['1', 0] } }
    expect(await handler(write({ '1': color(0), '2': preview }))).toMatchObject({
      exitCode: 1,
      error: { code: 'JOB_NO_ARTIFACTS', message: 'the workflow produced no output artifacts' },
    })
  })

  test('over its time limit is interrupted, and ComfyUI ends', async () => {
    const args = ['run-handler', 'main', '--workflow', waiting(), '--timeout', '1', '--verbose']
    const { exitCode, stdout, stderr } = await world.run(args)
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' })
    expect(stderr).toContain('comfypin: the job was interrupted after 1 s\n')
    expect(stderr).toContain('hint: raise --timeout')
    expect(stderr).toContain('witness: interrupted')
    expect(processesOf(world.root)).toEqual([])
  })

  test.each(['SIGINT', 'SIGTERM'] as const)('that meets %s ends with ComfyUI', async (signal) => {
    const args = ['run-handler', 'main', '--workflow', waiting(), '--json']
    const run = world.start([...args, '--progress', 'ndjson'])
    await firstLine(run, /"job\.node"/)
    expect(processesOf(world.home('main'))).toHaveLength(1)
    run.child.kill(signal)
    const { exitCode, stdout, stderr } = await run.result
    expect(exitCode).toBe(130)
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, error: { code: 'INTERRUPTED' } })
    expect(stderr).not.toContain('unexpected')
    expect(processesOf(world.root)).toEqual([])
  })

  test('under which ComfyUI dies has the exit code and the end of the log', async () => {
    const { exitCode, stderr } = await refused(write({ '1': probe('Exit', '77') }))
    expect(exitCode).toBe(1)
    expect(stderr).toContain('ComfyUI ended (exit 77)\n')
    expect(stderr).toContain('got prompt')
  })

  test('for which ComfyUI does not start has its last words', async () => {
    const { exitCode, stderr } = await refused(DEMO_WORKFLOW, ['--', '--no-such-flag'])
    expect(exitCode).toBe(1)
    expect(stderr).toContain('ComfyUI ended (exit 2)\n')
    expect(stderr).toContain('unrecognized arguments: --no-such-flag')
  })

  test('for which the core lacks a package has the command that adds it', async () => {
    const files = { ...coreFiles(), 'main.py': 'import sys\nimport cv2.nothing\n' }
    const repo = createRepo(join(tempDir('core'), 'lacking.git'), { commits: [{ files }] })
    world.writeSpec('lacking', { comfy: { repo: repo.dir } })
    const { exitCode, stderr } = await world.run(['test', 'lacking', '--lang', 'ru'])
    expect(exitCode).toBe(1)
    expect(stderr).toContain("No module named 'cv2'")
    expect(stderr).toContain(
      'comfypin add lacking --python-package opencv-contrib-python-headless\n',
    )
  })

  test('cannot take ComfyUI away from its port and home', async () => {
    const { exitCode, stderr } = await refused(DEMO_WORKFLOW, ['--', '--port', '1'])
    expect(exitCode).toBe(2)
    expect(stderr).toContain('--port cannot be passed through to ComfyUI')
  })
})

describe('run-ui', () => {
  test('serves in the home, for this machine alone, until it is stopped', async () => {
    const port = await freePort()
    const flags = ['--port', String(port), '--', '--preview-method', 'auto']
    const run = world.start(['run-ui', 'main', ...flags])
    await firstLine(run, new RegExp(`ComfyUI answers at http://127\\.0\\.0\\.1:${port} `))
    const page = await fetch(`http://127.0.0.1:${port}/`)
    expect({ status: page.status, text: await page.text() }).toEqual({
      status: 200,
      text: expect.stringContaining('TintByName'),
    })
    await expect(fetch(`http://127.0.0.2:${port}/`)).rejects.toThrow('fetch failed')

    const [pid = 0] = processesOf(world.home('main'))
    expect(readlinkSync(`/proc/${pid}/cwd`)).toBe(world.home('main'))
    expect(readFileSync(`/proc/${pid}/cmdline`, 'utf8')).toContain('--preview-method\0auto')
    run.child.kill('SIGTERM')
    expect(await run.result).toMatchObject({
      exitCode: 0,
      stdout: 'stopped\n',
      stderr: expect.stringContaining('To see the GUI go to:'),
    })
    expect(isAlive(pid)).toBe(false)
  })

  test('listens where it is told to, and says why it ended when nobody stopped it', async () => {
    const port = await freePort()
    const args = ['run-ui', 'main', '--host', '127.0.0.2', '--port', String(port), '--json']
    const run = world.start([...args, '--progress', 'ndjson'])
    const ready = JSON.parse(await firstLine(run, /"instance\.ready"/))
    expect(ready.url).toBe(`http://127.0.0.2:${port}`)
    expect((await fetch(ready.url)).status).toBe(200)
    process.kill(ready.pid, 'SIGKILL')
    const { exitCode, stdout } = await run.result
    expect({ exitCode, error: JSON.parse(stdout).error }).toMatchObject({
      exitCode: 1,
      error: {
        code: 'INSTANCE_DIED',
        params: { status: 'SIGKILL', log: expect.stringContaining('To see the GUI') },
      },
    })
  })

  test('starts nothing on a port that is taken', async () => {
    const server = createServer()
    whenOver(() => void server.close())
    const port = await listen(server)
    const { exitCode, stdout, stderr } = await world.run(['run-ui', 'main', '--port', `${port}`], {
      WHO: 'you',
    })
    expect({ exitCode, stdout, stderr }).toEqual({
      exitCode: 1,
      stdout: '',
      stderr: `comfypin: port ${port} of 127.0.0.1 is in use\n  hint: choose another one with --port\n`,
    })
  })
})

describe('test', () => {
  test('runs a built-in workflow and says that it passed', async () => {
    const outputs = () => readdirSync(join(world.home('main'), 'output'))
    const before = outputs()
    const { exitCode, stdout } = await world.run(['test', 'main'])
    expect(exitCode).toBe(0)
    expect(stdout).toMatch(/^main: smoke workflow "image" passed in [\d.]+ m?s\n$/)
    expect(outputs()).toEqual(before)
  })

  test('runs a given workflow, and leaves none of its artifacts', async () => {
    const scratch = tempDir('scratch')
    const env = { TMPDIR: scratch }
    const run = world.start(['test', 'main', '--workflow', DEMO_WORKFLOW, '--json'], env)
    const { exitCode, stdout } = await run.result
    expect({ exitCode, data: JSON.parse(stdout).data }).toMatchObject({
      exitCode: 0,
      data: { version_id: 'main', workflow: 'given', artifacts: 1 },
    })
    expect(readdirSync(scratch)).toEqual([])
  })

  test('fails with the workflow', async () => {
    const workflow = write({ '1': probe('Fail', 'no luck') })
    expect(await world.json(['test', 'main', '--workflow', workflow])).toMatchObject({
      exitCode: 1,
      ok: false,
      error: { code: 'JOB_FAILED' },
    })
  })
})

/** The demo's pack, as a repository. */
function tintPack(): SpecPart {
  const names = ['__init__.py', 'tint_by_name.py', 'requirements.txt']
  return packOf(
    'tint',
    Object.fromEntries(names.map((name) => [name, readFileSync(join(demoDir, 'pack', name))])),
  )
}

/** A pack that tells the log when ComfyUI is asked to interrupt. */
function witnessPack(): SpecPart {
  const module = `import nodes
original = nodes.interrupt_processing


def tell(value=True):
    if value:
        print("witness: interrupted", flush=True)
    original(value)


nodes.interrupt_processing = tell
NODE_CLASS_MAPPINGS = {}
`
  return packOf('witness', { '__init__.py': module })
}

function packOf(name: string, files: Record<string, string | Buffer>): SpecPart {
  const { commits } = createRepo(join(world.root, 'repos', `${name}.git`), { files })
  return { repo: `${world.git.url}/${name}.git`, commit: commits[0] }
}

function handler(workflow: string, more: string[] = [], env = {}): Promise<JsonAnswer> {
  return world.json(['run-handler', 'main', '--workflow', workflow, ...more], env)
}

/** A run for people that is not to leave anything in the folder where it was started. */
async function refused(workflow: string, more: string[] = []) {
  const output = join(tempDir('output'), 'new')
  const args = ['run-handler', 'main', '--workflow', workflow, '--output', output]
  const answer = await world.run([...args, ...more])
  expect({ stdout: answer.stdout, stored: existsSync(output) }).toEqual({
    stdout: '',
    stored: false,
  })
  return answer
}

function write(workflow: Readonly<Record<string, object>>): string {
  const file = join(tempDir('workflow'), 'workflow.json')
  writeFileSync(file, JSON.stringify(workflow))
  return file
}

function waiting(): string {
  return write({ '1': probe('Wait', '/never') })
}

function color(value: number) {
  const inputs = { width: 16, height: 8, batch_size: 1, color: value }
  return { class_type: 'EmptyImage', inputs }
}

function save(prefix: string, from: string) {
  return {
    class_type: 'SaveImage',
    inputs: { images: [from, 0], filename_prefix: prefix },
  }
}

function probe(name: string, value: unknown) {
  return {
    class_type: `Probe${name}`,
    inputs: { value: typeof value === 'string' ? value : JSON.stringify(value) },
  }
}

function requestCount(): number {
  return world.git.requests.length + world.files.requests.length
}

/** Colors that occur in a picture, as RGBA. */
function colorsOf(path: string): string[] {
  const hex = PNG.sync.read(readFileSync(path)).data.toString('hex')
  return [...new Set(hex.match(/.{8}/g))]
}

function pixelsOf(path: string): string {
  return sha256(PNG.sync.read(readFileSync(path)).data)
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
