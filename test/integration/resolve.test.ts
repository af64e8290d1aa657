import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { difference, treeOf } from '../helpers/tree.ts'
import { createWorld, type SpecPart, type World } from '../helpers/world.ts'

let world: World
beforeAll(async () => {
  world = await createWorld()
})

/** A version whose pack follows a branch. */
function writeMoving(id: string, pack: SpecPart = {}): void {
  world.writeSpec(id, { custom_nodes: [{ repo: world.repo('good').url, ...pack }] })
}

test('a lock is written beside the cache, and the spec stays as it is', async () => {
  writeMoving('first', { ref: 'v1' })
  const spec = readFileSync(join(world.versionsDir, 'first.json'), 'utf8')
  const { exitCode, data } = await world.json(['resolve', 'first'])
  expect(exitCode).toBe(0)
  expect(data.file).toBe(join(world.cacheRoot, 'resolved/first.lock.json'))
  expect(lock('first')).toMatchObject({
    schema_version: 1,
    version_id: 'first',
    custom_nodes: [{ name: 'good', ref: 'v1', commit: world.repo('good').commits[0] }],
  })
  expect(data.changes).toContainEqual({
    subject: 'pack good',
    from: null,
    to: `${world.repo('good').url}@${world.repo('good').commits[0]}`,
  })
  expect(readFileSync(join(world.versionsDir, 'first.json'), 'utf8')).toBe(spec)
})

test('a full commit costs no request, a repository one however often it is named', async () => {
  const seen = world.git.requests.length
  const { url } = world.repo('good')
  world.writeSpec('asked', {
    custom_nodes: [
      world.pack('env'),
      { repo: url, name: 'a' },
      { repo: url, name: 'b', ref: 'v1' },
      { repo: url, name: 'c', ref: 'main' },
    ],
  })
  await world.json(['resolve', 'asked'])
  expect(world.git.requests.slice(seen).map(({ path }) => path)).toEqual(['/good.git/info/refs'])
})

test('an unchanged spec gives the same bytes without any request, even after the branch moved', async () => {
  writeMoving('pinned')
  await world.json(['resolve', 'pinned'])
  const before = treeOf(world.cacheRoot)
  const pinned = lock('pinned').custom_nodes[0].commit
  const moved = world.repo('good').commit({ files: { 'later.txt': 'later\n' } })
  const seen = world.git.requests.length
  const again = await world.json(['resolve', 'pinned'], { PATH: '/nowhere' })
  expect(again).toMatchObject({ exitCode: 0, data: { changes: [] } })
  expect(world.git.requests).toHaveLength(seen)
  expect(difference(before, treeOf(world.cacheRoot))).toEqual([])

  const refreshed = await world.json(['resolve', 'pinned', '--refresh'])
  const { url } = world.repo('good')
  expect(refreshed.data.changes).toEqual([
    { subject: 'pack good', from: `${url}@${pinned}`, to: `${url}@${moved}` },
  ])
  expect(lock('pinned').custom_nodes[0].commit).toBe(moved)
})

test('the bytes of a lock depend on the spec alone', async () => {
  writeMoving('bytes', { ref: 'v1' })
  await world.json(['resolve', 'bytes'])
  const first = lockText('bytes')
  rmSync(join(world.cacheRoot, 'resolved/bytes.lock.json'))
  await world.json(['resolve', 'bytes'])
  expect(lockText('bytes')).toBe(first)
  expect(first).not.toContain(world.cacheRoot)
  expect(Object.keys(JSON.parse(first))).toEqual(Object.keys(JSON.parse(first)).toSorted())
})

test('a branch in "commit" is pinned, with a warning that says to what', async () => {
  writeMoving('branch', { commit: 'main' })
  const { exitCode, stderr } = await world.run(['resolve', 'branch'])
  expect(exitCode).toBe(0)
  const [pack] = lock('branch').custom_nodes
  expect(stderr).toContain(`"main" in commit is a branch or tag; pinned to ${pack.commit}`)
  const seen = world.git.requests.length
  await world.json(['resolve', 'branch'])
  expect(world.git.requests).toHaveLength(seen)
})

test('another ref in the spec is asked for, and its pack alone', async () => {
  const env = { repo: world.repo('env').url }
  world.writeSpec('partly', { custom_nodes: [{ repo: world.repo('good').url }, env] })
  await world.json(['resolve', 'partly'])
  const seen = world.git.requests.length
  world.writeSpec('partly', { custom_nodes: [{ repo: world.repo('good').url, ref: 'v1' }, env] })
  const { data } = await world.json(['resolve', 'partly'])
  expect(data.changes).toEqual([
    expect.objectContaining({ subject: 'pack good', to: expect.stringContaining('@') }),
  ])
  expect(world.git.requests.slice(seen).map(({ path }) => path)).toEqual(['/good.git/info/refs'])
})

describe('offline', () => {
  test('keeps what the lock knows, also with --refresh', async () => {
    writeMoving('kept')
    await world.json(['resolve', 'kept'])
    const before = lockText('kept')
    const seen = world.git.requests.length
    const { exitCode } = await world.json(['resolve', 'kept', '--refresh', '--offline'])
    expect(exitCode).toBe(0)
    expect(lockText('kept')).toBe(before)
    expect(world.git.requests).toHaveLength(seen)
  })

  test('warns of what nobody knows, and the next run with a network pins it', async () => {
    writeMoving('unknown')
    const seen = world.git.requests.length
    const { exitCode, stderr } = await world.run(['resolve', 'unknown'], { COMFY_OFFLINE: '1' })
    expect(exitCode).toBe(0)
    expect(stderr).toContain(`offline: the commit of ${world.repo('good').url} is not known`)
    expect(lock('unknown').custom_nodes[0].commit).toBeNull()
    expect(world.git.requests).toHaveLength(seen)
    await world.json(['resolve', 'unknown'])
    expect(lock('unknown').custom_nodes[0].commit).toMatch(/^[0-9a-f]{40}$/)
  })
})

describe('a spec that is wrong', () => {
  test('is told with all that is wrong, as a user error, and nothing is written', async () => {
    const file = join(world.versionsDir, 'wrong.json')
    writeFileSync(
      file,
      '{"schema_version": 1, "version_id": "../x", "comfy": {}, "options": {"fast": 1}}',
    )
    const before = treeOf(world.cacheRoot)
    const { exitCode, error } = await world.json(['resolve', 'wrong'])
    expect(exitCode).toBe(2)
    expect(error.code).toBe('SPEC_INVALID')
    expect(error.problems.map(({ path }: { path: string }) => path)).toEqual(
      expect.arrayContaining(['$.schema_version', '$.comfy.repo', '$.options.fast']),
    )
    expect(difference(before, treeOf(world.cacheRoot))).toEqual([])
  })

  test('because two sources want one target', async () => {
    world.writeSpec('taken', {
      models: [
        { source: `${world.files.url}/a/x.safetensors`, target_subdir: 'loras' },
        { source: `${world.files.url}/b/x.safetensors`, target_subdir: 'loras' },
        { source: `${world.files.url}/a/x.safetensors`, target_subdir: 'loras' },
      ],
    })
    const { exitCode, error } = await world.json(['resolve', 'taken'])
    expect(exitCode).toBe(2)
    expect(error.problems).toEqual([expect.objectContaining({ path: '$.models[1]' })])
  })

  test.each([
    ['a repository that is an option', { comfy: { repo: '--upload-pack=touch pwned' } }],
    ['a repository that is a program', { comfy: { repo: 'ext::sh -c "touch pwned"' } }],
    ['a ref that is an option', { comfy: { repo: 'https://example.org/x', ref: '--exec=sh' } }],
    [
      'a pack that leaves its folder',
      { custom_nodes: [{ repo: 'https://e.org/x', name: '../x' }] },
    ],
    ['a pack that hides', { custom_nodes: [{ repo: 'https://e.org/x', name: '.git' }] }],
    [
      'a model that leaves its folder',
      { models: [{ source: 'https://e.org/x.pt', target_path: '../../x.pt' }] },
    ],
    [
      'a model with an absolute target',
      { models: [{ source: 'https://e.org/x.pt', target_subdir: '/etc' }] },
    ],
    ['a model named as a path', { models: [{ source: 'https://e.org/x.pt', name: '../x.pt' }] }],
    ['an option for pip', { python_packages: ['--index-url=http://evil.example'] }],
    ['a NUL in a variable', { env: { X: 'a\0b' } }],
  ])('%s', async (_, part) => {
    world.writeSpec('hostile', part)
    const before = treeOf(world.root)
    for (const command of ['resolve', 'realize', 'run-ui', 'validate'])
      expect(await world.json([command, 'hostile'])).toMatchObject({
        exitCode: 2,
        error: { code: 'SPEC_INVALID' },
      })
    expect(difference(before, treeOf(world.root))).toEqual([])
  })

  test('id and path: neither leaves the versions folder', async () => {
    expect(await world.json(['realize', '../../etc/passwd'])).toMatchObject({
      exitCode: 2,
      error: { code: 'ID_INVALID' },
    })
  })

  test('is suggested by its neighbour when its name is mistyped', async () => {
    writeMoving('portrait')
    const { exitCode, stderr } = await world.run(['resolve', 'potrait'])
    expect(exitCode).toBe(2)
    expect(stderr).toContain('did you mean portrait?')
  })
})

describe('a remote that fails', () => {
  test('names every repository and what git said', async () => {
    world.git.setFault('good.git', { status: 500 })
    world.git.setFault('env.git', { status: 500 })
    world.writeSpec('down', {
      custom_nodes: ['good', 'env'].map((name) => ({ repo: world.repo(name).url })),
    })
    const { exitCode, error } = await world.json(['resolve', 'down'])
    world.git.clearFaults()
    expect(exitCode).toBe(1)
    expect(error.code).toBe('GIT_REMOTE_FAILED')
    expect(error.message).toContain(world.repo('good').url)
    expect(error.message).toContain(world.repo('env').url)
    expect(error.message).toContain('500')
  })

  test('is given up after a while, and asks nobody for a password', async () => {
    world.git.setFault('good.git', { hang: true })
    writeMoving('hangs')
    const hung = await world.json(['resolve', 'hangs'], { COMFYPIN_GIT_TIMEOUT: '0.3' })
    expect(hung).toMatchObject({ exitCode: 1, error: { code: 'GIT_REMOTE_FAILED' } })
    world.git.setFault('good.git', { auth: { user: 'me', password: 'secret' } })
    const locked = await world.json(['resolve', 'hangs'])
    world.git.clearFaults()
    expect(locked).toMatchObject({ exitCode: 1, error: { code: 'GIT_AUTH' } })
    expect(locked.error.message).toContain(world.repo('good').url)
  })

  test('does not have the ref, and tells which ones it has', async () => {
    writeMoving('typo', { ref: 'mian' })
    const { exitCode, error } = await world.json(['resolve', 'typo'])
    expect({ exitCode, code: error.code }).toEqual({ exitCode: 2, code: 'GIT_REF_NOT_FOUND' })
    expect(error.hint).toMatch(/main.*v1/)
  })
})

test('a damaged lock is an error, and --refresh makes it again', async () => {
  writeMoving('damaged', { ref: 'v1' })
  await world.json(['resolve', 'damaged'])
  const good = lockText('damaged')
  writeFileSync(join(world.cacheRoot, 'resolved/damaged.lock.json'), good.slice(0, 100))
  const failed = await world.json(['resolve', 'damaged'])
  expect(failed).toMatchObject({ exitCode: 1, error: { code: 'LOCK_INVALID' } })
  expect(failed.error.hint).toContain('comfypin resolve damaged --refresh')
  await world.json(['resolve', 'damaged', '--refresh'])
  expect(lockText('damaged')).toBe(good)
})

test('a spec outside the versions folder is given by its path', async () => {
  writeMoving('elsewhere', { ref: 'v1' })
  const path = join(world.root, 'mine.json')
  writeFileSync(path, readFileSync(join(world.versionsDir, 'elsewhere.json')))
  const { exitCode, data } = await world.json(['resolve', '--spec', path])
  expect({ exitCode, id: data.version_id }).toEqual({ exitCode: 0, id: 'elsewhere' })
})

function lockText(id: string): string {
  return readFileSync(join(world.cacheRoot, 'resolved', `${id}.lock.json`), 'utf8')
}

// oxlint-disable-next-line typescript/no-explicit-any -- read for single fields
function lock(id: string): any {
  return JSON.parse(lockText(id))
}
