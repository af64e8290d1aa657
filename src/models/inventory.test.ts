import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { tempDir } from '../../test/helpers/temp.ts'
import type { LockModel } from '../spec/types.ts'
import { presentModels } from './inventory.ts'
import { recordName, sourceKey } from './record-name.ts'
import { writeRecord } from './store.ts'

function setUp(...paths: string[]) {
  const root = tempDir()
  const modelsDir = join(root, 'models')
  const home = join(root, 'home')
  const records = paths.map((path) => {
    put(join(modelsDir, path))
    const source = `https://a.org/${path}`
    writeRecord(modelsDir, { source, path, size: 1, etag: null, sha256: null })
    return recordName(sourceKey(source), path)
  })
  const models = paths.map((path) => lockModel(path))
  return { modelsDir, home, models, records }
}

function lockModel(target_path: string, root: LockModel['root'] = 'models'): LockModel {
  return { source: `https://a.org/${target_path}`, target_path, root, checksum: null }
}

function put(path: string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, 'x')
}

test('a model whose file was deleted is missing, the others are present', () => {
  const { modelsDir, home, models, records } = setUp(
    'loras/a.pt',
    'loras/b.pt',
    'vae/sub/c.pt',
    'd.pt',
  )
  expect(presentModels(modelsDir, home, models, records).missing).toEqual([])
  rmSync(join(modelsDir, 'loras/b.pt'))
  const { present, missing } = presentModels(modelsDir, home, models)
  expect(missing).toEqual([models[1]])
  expect(present).toHaveLength(3)
})

test('a model store that is gone has no models', () => {
  const { modelsDir, home, models } = setUp('loras/a.pt')
  rmSync(modelsDir, { recursive: true })
  expect(presentModels(modelsDir, home, models).missing).toEqual(models)
})

test('a target that another source took over is missing when the records are known', () => {
  const { modelsDir, home, models, records } = setUp('loras/a.pt')
  const taker = {
    source: 'https://b.org/x.pt',
    path: 'loras/a.pt',
    size: 1,
    etag: null,
    sha256: null,
  }
  writeRecord(modelsDir, taker)
  expect(presentModels(modelsDir, home, models, records).missing).toEqual(models)
})

test('a link counts as long as what it leads to is there; a folder never does', () => {
  const { modelsDir, home } = setUp('loras/a.pt')
  mkdirSync(join(home, 'custom_nodes/pack/ckpts'), { recursive: true })
  symlinkSync(join(modelsDir, 'loras/a.pt'), join(home, 'custom_nodes/pack/ckpts/a.pt'))
  mkdirSync(join(modelsDir, 'loras/folder.pt'))
  const link = lockModel('custom_nodes/pack/ckpts/a.pt', 'home')
  const folder = lockModel('loras/folder.pt')
  expect(presentModels(modelsDir, home, [link, folder])).toEqual({
    present: [link],
    missing: [folder],
  })
  rmSync(join(modelsDir, 'loras/a.pt'))
  expect(presentModels(modelsDir, home, [link]).missing).toEqual([link])
})
