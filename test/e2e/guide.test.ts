import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { beforeAll, describe, expect, inject, test } from 'vitest'
import { commands } from '../../src/cli/commands/index.ts'
import { parseArgv } from '../../src/cli/parse-argv.ts'
import { parseSpec } from '../../src/spec/parse.ts'
import { cleanEnv } from '../helpers/cli.ts'
import { startFileServer } from '../helpers/file-server.ts'
import { blocksOf, commandLines, documentedPages, linksOf } from '../helpers/guide-pages.ts'
import { killProcessesOf } from '../helpers/process-tree.ts'
import { whenOver } from '../helpers/temp.ts'
import { createWorld, type World } from '../helpers/world.ts'

const pages = documentedPages()
const english = pages.filter(({ path }) => path.startsWith('docs/guide/en/'))

describe('every command line parses against the command table', () => {
  test.each(pages.map((page) => [page.path, page] as const))('%s', (_, page) => {
    for (const words of commandLines(page)) {
      const line = words.join(' ')
      // a line in the text may name a command alone
      if (!words.includes('--help') && words.length > 1)
        expect(() => parseArgv(words, commands, 'en'), line).not.toThrow()
      else expect(parseArgv([...words, '--help'], commands, 'en').command, line).not.toBeNull()
    }
  })
})

test.each(pages.map((page) => [page.path, page] as const))(
  '%s links to what is there',
  (_, page) => {
    for (const { file, anchor } of linksOf(page)) {
      expect(existsSync(file), file).toBe(true)
      if (anchor !== null) expect(headings(readFileSync(file, 'utf8')), file).toContain(anchor)
    }
  },
)

test.each(english.map((page) => [basename(page.path), page] as const))(
  '%s has the same commands in Russian',
  (name, page) => {
    const russian = pages.find(({ path }) => path === `docs/guide/ru/${name}`)
    expect(russian).toBeDefined()
    if (russian === undefined) return
    const lines = (one: typeof page) => blocksOf(one, /^sh/).map(withoutComments)
    expect(lines(russian)).toEqual(lines(page))
    expect(blocksOf(russian, 'json')).toEqual(blocksOf(page, 'json'))
  },
)

test('the specs that the pages show are valid, and every key of them counts', () => {
  const specs = english
    .flatMap((page) => blocksOf(page, 'json'))
    .filter((block) => block.includes('"schema_version"'))
  expect(specs.length).toBeGreaterThan(0)
  for (const spec of specs) {
    const { version_id: id } = JSON.parse(spec)
    const { problems, warnings } = parseSpec(spec, `${id}.json`, {})
    expect({ problems, warnings }, spec).toEqual({ problems: [], warnings: [] })
  }
})

test('the variables that the pages name are those that comfypin reads', () => {
  const reference = readFileSync(join(import.meta.dirname, '../../docs/reference/environment.md'))
  const named = pages.flatMap(({ text: page }) => page.match(/\b(?:COMFY|RUNPOD|HF_)\w+/g) ?? [])
  const unknown = [...new Set(named)].filter((name) => !reference.includes(`\`${name}\``))
  expect(unknown.filter((name) => name !== 'HF_HUB_OFFLINE')).toEqual([])
})

describe('the examples work, on the stand-in core', () => {
  let world: World
  let huggingFace: string
  beforeAll(async () => {
    world = await createWorld()
    whenOver(() => killProcessesOf(world.root))
    publishAsGitHub(world)
    const model = new Map([['/Comfy-Org/example/resolve/main/base.safetensors', Buffer.alloc(1e5)]])
    const server = await startFileServer({ files: model })
    whenOver(() => server.stop())
    huggingFace = server.url
  })

  test.each(english.map((page) => [basename(page.path, '.md'), page] as const))(
    '%s',
    async (name, page) => {
      const cwd = join(world.root, 'guide', name)
      mkdirSync(cwd, { recursive: true })
      writeFileSync(join(cwd, 'workflow.json'), JSON.stringify(WORKFLOW))
      const script = ['set -e', `comfypin() { '${process.execPath}' '${inject('cliPath')}' "$@"; }`]
      const blocks = blocksOf(page, 'sh test').map((block) => `set -x\n${block}`)
      const { exitCode, output } = await runBash([...script, ...blocks].join('\n'), {
        cwd,
        env: {
          ...cleanEnv(cwd),
          ...world.env,
          ...{ HF_ENDPOINT: huggingFace, GITHUB_ENDPOINT: world.git.url },
          ...{ COMFY_VERSIONS_DIR: undefined, COMFY_BUILDS_ROOT: join(cwd, 'homes') },
        },
      })
      expect({ exitCode, output }).toMatchObject({ exitCode: 0 })
    },
    300_000,
  )
})

const WORKFLOW = {
  1: { class_type: 'EmptyImage', inputs: { width: 64, height: 64, batch_size: 1, color: 255 } },
  2: { class_type: 'SaveImage', inputs: { images: ['1', 0], filename_prefix: 'guide' } },
}

/** The repositories under the addresses that the pages name, and the core's tag. */
function publishAsGitHub(world: World): void {
  const repos = join(world.root, 'repos')
  const [first = ''] = world.repo('core').commits
  execFileSync('git', ['--git-dir', join(repos, 'core.git'), 'tag', 'v0.33.0', first])
  for (const [owner, name, repo] of [
    ['Comfy-Org', 'ComfyUI', 'core'],
    ['kijai', 'ComfyUI-KJNodes', 'good'],
    ['rgthree', 'rgthree-comfy', 'writer'],
  ] as const) {
    mkdirSync(join(repos, owner))
    symlinkSync(join(repos, `${repo}.git`), join(repos, owner, name))
  }
}

async function runBash(
  script: string,
  options: { cwd: string; env: NodeJS.ProcessEnv },
): Promise<{ exitCode: number | null; output: string }> {
  const child = spawn('bash', ['-c', script], { ...options, stdio: ['ignore', 'pipe', 'pipe'] })
  whenOver(() => void child.kill('SIGKILL'))
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve))
  const [exitCode, ...output] = await Promise.all([ended, text(child.stdout), text(child.stderr)])
  return { exitCode, output: output.join('\n') }
}

function withoutComments(block: string): string[] {
  return block.split('\n').map((line) => line.replace(/(^|\s+)# .*$/, '').trimEnd())
}

/** Anchors of a page's headings, as GitHub makes them. */
function headings(page: string): string[] {
  return [...page.matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s-]/gu, '')
      .replaceAll(/\s/g, '-'),
  )
}
