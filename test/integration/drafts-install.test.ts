import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { writeRecord } from '../../src/models/store.ts'
import type { SpecDraft } from '../../src/spec/draft.ts'
import { draftFromInstall } from '../../src/versions/drafts/from-install.ts'
import { failureOf } from '../helpers/failure.ts'
import { createRepo, type Repo } from '../helpers/git-repo.ts'
import { tempDir } from '../helpers/temp.ts'
import { createTestCtx } from '../helpers/test-ctx.ts'
import { difference, treeOf } from '../helpers/tree.ts'
import { worldWheels } from '../helpers/wheels.ts'

const CORE = { 'main.py': 'raise SystemExit\n', 'folder_paths.py': '', '.gitignore': '/models\n' }
/** ComfyUI's repository has files among the models, and ignores what else is there. */
const SHIPPED = {
  'models/configs/v1-inference.yaml': 'model: 1\n',
  'models/checkpoints/put_checkpoints_here': '',
  'models/checkpoints/tiny.safetensors': 'shipped',
}
const PACK = { '__init__.py': 'NODE_CLASS_MAPPINGS = {}\n', '.gitignore': 'config.json\n' }
const SUM = 'c'.repeat(64)
const OPTIONS = { python: null, localModels: false }

let root: string
let install: string
let core: Repo
let pack: Repo
let draft: SpecDraft

/** An install as a user has it after some months, made by git, uv and other tools' files. */
beforeAll(async () => {
  root = tempDir('install')
  install = join(root, 'ComfyUI')
  core = createRepo(join(root, 'remote/core.git'), {
    commits: [{ files: CORE }, { files: { 'later.py': '', ...SHIPPED } }],
    tags: { 'v0.3.39': 0 },
    annotatedTags: { 'v0.3.40': 1 },
  })
  pack = createRepo(join(root, 'remote/pack.git'), { commits: [{ files: PACK }, { files: {} }] })
  clone(core.dir, install)
  makePacks()
  makePython()
  makeModels()
  const before = treeOf(install)
  draft = await snapshot()
  expect(difference(before, treeOf(install)).filter((line) => !line.includes('.git/'))).toEqual([])
})

function snapshot(path = install, options: Partial<typeof OPTIONS> = {}): Promise<SpecDraft> {
  const { ctx } = createTestCtx({ cacheRoot: join(root, 'cache') })
  return draftFromInstall(ctx, path, { ...OPTIONS, ...options })
}

function git(dir: string, ...args: string[]): string {
  const identity = ['-c', 'user.name=T', '-c', 'user.email=t@example.org']
  return execFileSync('git', [...identity, ...args], { cwd: dir, encoding: 'utf8' }).trim()
}

function clone(from: string, to: string): void {
  git(root, 'clone', '--quiet', from, to)
}

function write(path: string, content: string | Buffer): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, content)
}

function makePacks(): void {
  const nodes = join(install, 'custom_nodes')
  mkdirSync(nodes, { recursive: true })
  clone(pack.dir, join(nodes, 'pack'))
  git(join(nodes, 'pack'), 'checkout', '--quiet', pack.commits[0] ?? '')
  clone(pack.dir, join(nodes, 'worked-on'))
  write(join(nodes, 'worked-on/__init__.py'), 'changed = True\n')
  write(join(nodes, 'worked-on/config.json'), '{}')
  write(join(nodes, 'worked-on/styles/mine.csv'), '')
  write(join(nodes, 'worked-on/__pycache__/x.pyc'), '')
  clone(pack.dir, join(nodes, 'ahead'))
  git(join(nodes, 'ahead'), 'commit', '--quiet', '--allow-empty', '-m', 'mine')
  clone(pack.dir, join(nodes, 'over-ssh'))
  git(join(nodes, 'over-ssh'), 'remote', 'set-url', 'origin', 'git@example.org:u/over-ssh.git')
  clone(pack.dir, join(nodes, 'with-login'))
  git(
    join(nodes, 'with-login'),
    'remote',
    'set-url',
    'origin',
    'https://me:s3cret@example.org/u/with-login',
  )
  clone(pack.dir, join(root, 'elsewhere'))
  symlinkSync(join(root, 'elsewhere'), join(nodes, 'linked'))
  symlinkSync(join(root, 'gone'), join(nodes, 'dangling'))
  clone(pack.dir, join(nodes, 'off.disabled'))
  clone(pack.dir, join(nodes, '.disabled/older'))
  write(join(nodes, 'single.py'), '')
  write(join(nodes, 'websocket_image_save.py'), '')
  write(
    join(nodes, 'kj/pyproject.toml'),
    '[project]\nname = "ComfyUI-KJNodes"\nversion = "1.1.3"\n',
  )
  write(join(nodes, 'kj/.tracking'), 'pyproject.toml\n__init__.py\n')
  write(join(nodes, 'kj/__init__.py'), '')
  write(join(nodes, 'kj/userdata.json'), '{}')
  write(join(nodes, 'unzipped/pyproject.toml'), '[project]\nname = "unzipped"\nversion = "2.0"\n')
}

function makePython(): void {
  const venv = join(install, '.venv')
  const quiet = { cwd: root, stdio: 'pipe' as const }
  execFileSync('uv', ['venv', '--quiet', venv], quiet)
  mkdirSync(join(root, 'mine'))
  writeFileSync(
    join(root, 'mine/pyproject.toml'),
    '[project]\nname = "mine"\nversion = "1"\n[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n',
  )
  const wheel = ['comfypin-test-alpha==1.0', 'comfypin-test-beta==2.0']
  execFileSync(
    'uv',
    [
      'pip',
      'install',
      '--quiet',
      '--offline',
      '--no-index',
      '--find-links',
      wheels,
      '--python',
      venv,
      ...wheel,
    ],
    quiet,
  )
  const site = join(venv, 'lib', `python${minor(venv)}`, 'site-packages')
  const origin = (name: string, value: object) =>
    write(join(site, `${name}.dist-info/direct_url.json`), JSON.stringify(value))
  origin('mine-1', { url: `file://${root}/mine`, dir_info: { editable: true } })
  origin('from_git-0.1', {
    url: 'https://example.org/u/from-git.git',
    vcs_info: { vcs: 'git', commit_id: 'a'.repeat(40) },
  })
  origin('torch-2.9.0+cu128', {})
  mkdirSync(join(site, 'pip-25.0.dist-info'))
  mkdirSync(join(site, 'old_style.egg-info'))
}

function minor(venv: string): string {
  const config = readFileSync(join(venv, 'pyvenv.cfg'), 'utf8')
  return /^version_info = (\d+\.\d+)/m.exec(config)?.[1] ?? ''
}

function makeModels(): void {
  const models = join(install, 'models')
  write(join(models, 'checkpoints/put_checkpoints_here'), '')
  write(join(models, 'checkpoints/unknown.safetensors'), 'xyz')
  const hub = join(root, 'hub/models--org--repo')
  write(join(hub, 'blobs/abc'), 'hugging')
  mkdirSync(join(hub, `snapshots/${'d'.repeat(40)}/sub`), { recursive: true })
  symlinkSync('../../../blobs/abc', join(hub, `snapshots/${'d'.repeat(40)}/sub/m.safetensors`))
  symlinkSync(
    join(hub, `snapshots/${'d'.repeat(40)}/sub/m.safetensors`),
    join(models, 'checkpoints/hf.safetensors'),
  )
  symlinkSync(join(hub, 'blobs/abc'), join(models, 'checkpoints/blob.safetensors'))
  write(join(models, 'loras/style/lora.safetensors'), 'x'.repeat(2048))
  write(
    join(models, 'loras/style/lora.metadata.json'),
    JSON.stringify({
      sha256: SUM,
      civitai: { id: 42, files: [{ name: 'lora.safetensors', primary: true, sizeKB: 2 }] },
    }),
  )
  write(join(models, 'loras/old.safetensors'), 'x')
  write(
    join(models, 'loras/old.civitai.info'),
    JSON.stringify({ id: 43, files: [{ name: 'old.safetensors', primary: true, sizeKB: 5000 }] }),
  )
  const store = join(root, 'store')
  write(join(store, 'vae/v.safetensors'), 'vae')
  writeRecord(store, {
    source: 'https://example.org/v.safetensors',
    path: 'vae/v.safetensors',
    size: 3,
    etag: null,
    sha256: null,
  })
  write(
    join(install, 'extra_model_paths.yaml'),
    `a111:\n  base_path: ../store\n  is_default: true\n  vae: vae\n  clip: |\n    clip\n    ../clip2\n  broken: [1, 2]\n`,
  )
  write(join(root, 'clip2/te.gguf'), 'te')
  write(join(models, 'diffusers/d/config.json'), '{}')
}

function notesOf(code: string): string[] {
  return draft.notes.filter((note) => note.code === code).map(({ subject }) => subject)
}

function packNamed(name: string) {
  return draft.spec.custom_nodes?.find((one) => one.name === name || one.registry === name)
}

test('the core is its commit, with the release that it is', () => {
  expect(draft.spec.comfy).toEqual({ repo: core.dir, ref: 'v0.3.40', commit: core.commits[1] })
})

test('packs are the commits that stand there, each in its folder', () => {
  expect(
    draft.spec.custom_nodes?.map(({ name, repo, registry }) => name ?? repo ?? registry),
  ).toEqual(
    ['ahead', 'kj', 'linked', 'over-ssh', pack.dir, 'with-login', 'worked-on'].map((name) =>
      name === 'over-ssh'
        ? 'git@example.org:u/over-ssh.git'
        : name === 'with-login'
          ? 'https://example.org/u/with-login'
          : name,
    ),
  )
  expect(draft.spec.custom_nodes?.find(({ repo, name }) => repo === pack.dir && !name)).toEqual({
    repo: pack.dir,
    commit: pack.commits[0],
  })
  expect(packNamed('worked-on')).toEqual({
    repo: pack.dir,
    ref: 'main',
    commit: pack.commits[1],
    name: 'worked-on',
  })
})

test('a registry package is its id and version', () => {
  expect(packNamed('comfyui-kjnodes')).toEqual({
    registry: 'comfyui-kjnodes',
    version: '1.1.3',
    name: 'kj',
  })
})

test('what the user changed or added in a pack is listed', () => {
  const details = (code: string) =>
    draft.notes.filter((note) => note.code === code).map(({ subject, detail }) => [subject, detail])
  expect(details('FILES_CHANGED')).toEqual([['worked-on', '__init__.py']])
  expect(details('FILES_ADDED')).toEqual([
    ['kj', 'userdata.json'],
    ['worked-on', 'styles/mine.csv, config.json'],
  ])
  expect(notesOf('COMMITS_LOCAL')).toEqual(['ahead'])
})

test('packs that do not come along are listed with their reason', () => {
  expect(notesOf('PACK_DISABLED')).toEqual(['off.disabled', 'older'])
  expect(notesOf('PACK_FILE')).toEqual(['single.py'])
  expect(notesOf('PACK_UNKNOWN')).toEqual(['unzipped'])
  expect(notesOf('PACK_LINKED')).toEqual(['linked'])
  expect(notesOf('LINK_BROKEN')).toEqual(['dangling'])
})

test('addresses lose their logins, and ssh is told with a readable address', () => {
  expect(draft.notes).toContainEqual({
    code: 'REPO_SSH',
    subject: 'over-ssh',
    detail: 'https://example.org/u/over-ssh',
  })
  expect(notesOf('LOGIN_REMOVED')).toEqual(['with-login'])
  expect(JSON.stringify(draft)).not.toContain('s3cret')
})

test('packages are pinned as they are installed, and Python too', () => {
  expect(draft.spec.python_packages).toEqual([
    'comfypin-test-alpha==1.0',
    'comfypin-test-beta==2.0',
    `from-git @ git+https://example.org/u/from-git.git@${'a'.repeat(40)}`,
    'torch==2.9.0',
  ])
  expect(draft.spec.env).toEqual({ COMFY_PYTHON: minor(join(install, '.venv')) })
  expect(notesOf('PACKAGE_LEFT_OUT')).toEqual(['mine', 'old_style'])
  expect(notesOf('PACKAGE_TOOL')).toEqual(['pip'])
  expect(notesOf('PACKAGE_BUILD')).toEqual(['torch==2.9.0'])
})

test('models have the sources that caches, stores and sidecars tell', () => {
  const revision = 'd'.repeat(40)
  expect(draft.spec.models).toEqual([
    {
      source: `hf://org/repo@${revision}/sub/m.safetensors`,
      name: 'blob.safetensors',
      target_subdir: 'checkpoints',
    },
    {
      source: `hf://org/repo@${revision}/sub/m.safetensors`,
      name: 'hf.safetensors',
      target_subdir: 'checkpoints',
    },
    {
      source: 'civitai://models/42',
      name: 'lora.safetensors',
      target_subdir: 'loras/style',
      checksum: `sha256:${SUM}`,
    },
    {
      source: 'https://example.org/v.safetensors',
      name: 'v.safetensors',
      target_subdir: 'vae',
    },
  ])
})

test('a model of unknown origin is a note, also beside a sidecar of another file', () => {
  expect(notesOf('MODEL_SOURCE_UNKNOWN')).toEqual([
    'models/checkpoints/unknown.safetensors',
    'models/loras/old.safetensors',
    'models/text_encoders/te.gguf',
  ])
  expect(notesOf('FOLDER_NOT_MODELS')).toEqual([join(install, 'models/diffusers')])
  expect(notesOf('VALUE_REFUSED')).toEqual(['extra_model_paths.yaml broken'])
})

test("what ComfyUI's own repository has among the models is none of the user's", async () => {
  const { spec, notes } = await snapshot(install, { localModels: true })
  expect(JSON.stringify([spec, notes])).not.toMatch(/v1-inference|tiny\.safetensors/)
  write(join(install, 'models/configs/v1-inference.yaml'), 'model: 2\n')
  write(join(install, 'models/configs/own.yaml'), 'model: 3\n')
  const again = (await snapshot()).notes.map(({ code, subject, detail }) => [code, subject, detail])
  rmSync(join(install, 'models/configs/own.yaml'))
  git(install, 'checkout', '--quiet', '--', 'models/configs')
  expect(again).toContainEqual(['FILES_CHANGED', 'ComfyUI', 'models/configs/v1-inference.yaml'])
  expect(again).toContainEqual([
    ...['FOLDER_NOT_MODELS', join(install, 'models/configs'), 'own.yaml'],
  ])
})

test('on request such a model is taken from where it lies', async () => {
  const { spec } = await snapshot(install, { localModels: true })
  expect(spec.models).toContainEqual({
    source: `file://${root}/clip2/te.gguf`,
    name: 'te.gguf',
    target_subdir: 'text_encoders',
  })
})

test('the folder above is understood, as in portable builds', async () => {
  expect((await snapshot(root)).spec.comfy).toEqual(draft.spec.comfy)
})

test('an install without git has the release that it says it is', async () => {
  const zip = join(tempDir('zip'), 'ComfyUI')
  cpSync(join(root, 'ComfyUI/main.py'), join(zip, 'main.py'))
  write(join(zip, 'folder_paths.py'), '')
  write(join(zip, 'comfyui_version.py'), '# made\n__version__ = "0.3.41"\n')
  const { spec, notes } = await snapshot(zip)
  expect(spec.comfy).toMatchObject({ ref: 'v0.3.41' })
  expect(notes.map(({ code }) => code)).toEqual(['CORE_UNKNOWN', 'PYTHON_UNKNOWN'])
})

test('a core between two releases says how far', async () => {
  const dir = join(tempDir('past'), 'ComfyUI')
  clone(core.dir, dir)
  git(dir, 'tag', '--delete', 'v0.3.40')
  expect((await snapshot(dir)).notes).toContainEqual({
    code: 'CORE_BETWEEN_RELEASES',
    subject: 'v0.3.39',
    detail: '1',
  })
})

test('a shallow clone, a linked worktree and packed refs are read', async () => {
  const dir = tempDir('shapes')
  const nodes = join(dir, 'custom_nodes')
  mkdirSync(nodes)
  git(dir, 'clone', '--quiet', '--depth=1', `file://${pack.dir}`, join(nodes, 'shallow'))
  clone(pack.dir, join(dir, 'main'))
  git(join(dir, 'main'), 'worktree', 'add', '--quiet', '--detach', join(nodes, 'tree'))
  clone(pack.dir, join(nodes, 'packed'))
  git(join(nodes, 'packed'), 'pack-refs', '--all')
  git(join(nodes, 'packed'), 'gc', '--quiet')
  const { spec, notes } = await snapshot(dir)
  expect(spec.custom_nodes?.map(({ name, commit }) => [name, commit])).toEqual(
    ['packed', 'shallow', 'tree'].map((name) => [name, pack.commits[1]]),
  )
  expect(notes.map(({ code }) => code)).not.toContain('COMMITS_LOCAL')
  expect(notes.map(({ code }) => code)).not.toContain('FILES_CHANGED')
})

describe('a hostile install', () => {
  test('runs nothing: no hook, filter, monitor, helper or package of it', async () => {
    const dir = tempDir('hostile')
    const trap = join(dir, 'trap.sh')
    write(trap, `#!/bin/sh\ntouch ${dir}/sprung\ncat\n`)
    chmodSync(trap, 0o755)
    const repo = join(dir, 'custom_nodes/evil')
    clone(pack.dir, repo)
    const config = [
      ['core.fsmonitor', trap],
      ['core.hooksPath', dir],
      ['core.sshCommand', trap],
      ['core.pager', trap],
      ['core.worktree', '/etc'],
      ['filter.x.clean', trap],
      ['filter.x.smudge', trap],
      ['filter.x.process', trap],
      ['diff.external', trap],
      ['uploadpack.packObjectsHook', trap],
      ['remote.origin.uploadpack', trap],
      ['remote.origin.promisor', 'true'],
      ['extensions.partialClone', 'origin'],
    ]
    for (const [key = '', value = ''] of config)
      git(dir, 'config', '--file', join(repo, '.git/config'), key, value)
    write(join(repo, '.gitattributes'), '* filter=x diff=x\n')
    write(join(repo, '__init__.py'), `open(${JSON.stringify(`${dir}/sprung`)}, 'w')\n`)
    write(join(repo, '.git/hooks/post-index-change'), readFileSync(trap))
    chmodSync(join(repo, '.git/hooks/post-index-change'), 0o755)
    const { spec, notes } = await snapshot(dir)
    expect(spec.custom_nodes).toMatchObject([{ name: 'evil', commit: pack.commits[1] }])
    expect(notes.map(({ code }) => code)).toContain('FILES_CHANGED')
    expect(existsSync(join(dir, 'sprung'))).toBe(false)
  })

  test.each([
    ['an option as address', '[remote "origin"]\n\turl = --upload-pack=id\n', null],
    ['a remote helper', '[remote "origin"]\n\turl = ext::sh -c id\n', null],
    ['no config', '', null],
    ['a branch with an option as name', null, 'ref: refs/heads/--output=x\n'],
    ['a HEAD that climbs', null, 'ref: refs/heads/../../../../etc/passwd\n'],
    ['a HEAD without sense', null, 'x'.repeat(100)],
  ])('%s: a note, no pack', async (_what, config, head) => {
    const dir = tempDir('hostile')
    const repo = join(dir, 'custom_nodes/evil')
    clone(pack.dir, repo)
    if (config !== null) writeFileSync(join(repo, '.git/config'), config)
    if (head !== null) writeFileSync(join(repo, '.git/HEAD'), head)
    const { spec, notes } = await snapshot(dir)
    expect(spec.custom_nodes).toBeUndefined()
    expect(notes.map(({ code }) => code)).toContain('PACK_UNKNOWN')
  })

  test('pipes and circles of links do not hold it up', async () => {
    const dir = tempDir('hostile')
    const models = join(dir, 'models/loras')
    mkdirSync(models, { recursive: true })
    symlinkSync('..', join(models, 'up'))
    symlinkSync('self', join(models, 'self'))
    execFileSync('mkfifo', [join(models, 'pipe.safetensors'), join(dir, 'extra_model_paths.yaml')])
    mkdirSync(join(dir, 'custom_nodes/p/.git'), { recursive: true })
    execFileSync('mkfifo', [
      join(dir, 'custom_nodes/p/.git/HEAD'),
      join(dir, 'custom_nodes/p/pyproject.toml'),
    ])
    const { spec, notes } = await snapshot(dir)
    expect(spec.models).toBeUndefined()
    expect(notes.map(({ code }) => code)).toEqual(
      expect.arrayContaining(['LINK_BROKEN', 'PACK_UNKNOWN']),
    )
  })
})

test('what is no install is refused with a way out', async () => {
  const empty = tempDir('empty')
  expect(await failureOf(snapshot(empty))).toMatchObject({ code: 'INSTALL_NOT_FOUND' })
  expect(await failureOf(snapshot(join(empty, 'no')))).toMatchObject({ code: 'INSTALL_NOT_FOUND' })
})

const wheels = await worldWheels()
