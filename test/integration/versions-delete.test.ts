import { existsSync, linkSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { surveyHome } from '../../src/versions/delete-survey.ts'
import { deleteVersion, type DeleteOptions } from '../../src/versions/delete.ts'
import { failureOf } from '../helpers/failure.ts'
import { canMount, mountSmallDisk } from '../helpers/small-disk.ts'
import { tempDir } from '../helpers/temp.ts'
import { createTestCtx } from '../helpers/test-ctx.ts'

const YES: DeleteOptions = {
  dryRun: false,
  removeSpec: false,
  withUserFiles: false,
  confirm: () => Promise.resolve(true),
}

function prepare(id = 'a') {
  const root = tempDir('delete')
  const home = join(root, 'homes', `comfy-${id}`)
  const made = createTestCtx({
    cacheRoot: join(root, 'cache'),
    versionsDir: join(root, 'versions'),
    buildsRoot: join(root, 'homes'),
    modelsDir: join(root, 'models'),
    home: null,
  })
  return { ...made, root, home }
}

function fill(home: string): void {
  mkdirSync(join(home, '.venv', 'lib'), { recursive: true })
  writeFileSync(join(home, '.venv', 'lib', 'x.py'), 'x')
  const marker = { schema: 1, tool: 'comfypin', version_id: 'a', packs: [] }
  writeFileSync(join(home, '.comfypin.json'), JSON.stringify(marker))
}

test('two at once delete a home once', async () => {
  const { ctx, home } = prepare()
  fill(home)
  const settled = await Promise.allSettled([
    deleteVersion(ctx, 'a', YES),
    deleteVersion(ctx, 'a', YES),
  ])
  const removed = settled.map((one) =>
    one.status === 'fulfilled' ? one.value.removed : one.reason,
  )
  expect(removed.filter((one) => one === true)).toHaveLength(1)
  expect(readdirSync(join(home, '..'))).toEqual([])
})

test('what is broken off by Ctrl-C keeps its marker, and the next one finishes it', async () => {
  const { ctx, events, abort, home } = prepare()
  fill(home)
  const stopping = {
    ...ctx,
    emit: (event: (typeof events)[number]) => {
      if (event.type === 'step.start') abort()
    },
  }
  expect(await failureOf(deleteVersion(stopping, 'a', YES))).toMatchObject({ code: 'INTERRUPTED' })
  const [left = ''] = readdirSync(join(home, '..'))
  expect(left).toMatch(/^comfy-a\.deleting-[0-9a-f]{12}$/)
  expect(readdirSync(join(home, '..', left))).toContain('.comfypin.json')
  const { ctx: fresh } = createTestCtx(ctx.settings)
  const { items } = await deleteVersion(fresh, 'a', YES)
  expect(items.map(({ kind }) => kind)).toEqual(['leftover'])
  expect(readdirSync(join(home, '..'))).toEqual([])
})

test('of a home in builds of the volume, what was broken off is finished too', async () => {
  const { ctx: base, root } = prepare()
  const settings = { ...base.settings, buildsRoot: null, volume: { root, quotaBytes: null } }
  const { ctx, events, abort } = createTestCtx(settings)
  const builds = join(root, 'builds')
  fill(join(builds, 'comfy-a'))
  const stopping = {
    ...ctx,
    emit: (event: (typeof events)[number]) => {
      if (event.type === 'step.start') abort()
    },
  }
  expect(await failureOf(deleteVersion(stopping, 'a', YES))).toMatchObject({ code: 'INTERRUPTED' })
  const { ctx: fresh } = createTestCtx(settings)
  const { items } = await deleteVersion(fresh, 'a', YES)
  expect(items.map(({ kind }) => kind)).toEqual(['leftover'])
  expect(readdirSync(builds)).toEqual([])
})

test('what was made while somebody thought about the answer stays', async () => {
  const { ctx, home } = prepare()
  fill(home)
  const confirm = async () => {
    mkdirSync(join(home, 'output'))
    writeFileSync(join(home, 'output', 'new.png'), 'x')
    return true
  }
  expect(await failureOf(deleteVersion(ctx, 'a', { ...YES, confirm }))).toMatchObject({
    code: 'DELETE_USER_FILES',
  })
  expect(existsSync(join(home, 'output', 'new.png'))).toBe(true)
})

test("another version's store of models inside a home is not deleted with it", async () => {
  const { ctx, home, root } = prepare()
  fill(home)
  mkdirSync(join(root, 'versions'))
  writeFileSync(join(root, 'versions', 'b.json'), '{}')
  const other = join(root, 'homes', 'comfy-b')
  mkdirSync(other)
  const marker = { schema: 1, tool: 'comfypin', version_id: 'b', models_dir: join(home, 'models') }
  writeFileSync(join(other, '.comfypin.json'), JSON.stringify(marker))
  expect(await failureOf(deleteVersion(ctx, 'a', YES))).toMatchObject({ code: 'DELETE_UNSAFE' })
})

describe('a home that is a mount point', () => {
  test('is emptied where it is', async (context) => {
    if (!canMount()) context.skip('this process may not mount')
    const { ctx, home } = prepare()
    mountSmallDisk(home, 1 << 20)
    fill(home)
    expect((await deleteVersion(ctx, 'a', YES)).removed).toBe(true)
    expect(readdirSync(home)).toEqual([])
  })
})

test('a survey counts what hard links hold elsewhere as nothing that becomes free', () => {
  const { home } = prepare()
  fill(home)
  linkSync(join(home, '.venv', 'lib', 'x.py'), join(home, '..', 'x.py'))
  const { size, frees, files, own } = surveyHome(home)
  expect({ files, held: size - frees, own: own.count }).toEqual({ files: 2, held: 1, own: 0 })
})
