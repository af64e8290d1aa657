import { expect, test } from 'vitest'
import { diffLocks } from './lock-diff.ts'
import { parseLock } from './lock-schema.ts'
import { lockText } from './lock-text.ts'
import type { Lock, LockModel, LockPack } from './types.ts'

const [a, b] = ['a', 'b'].map((digit) => digit.repeat(40)) as [string, string]

function pack(name: string, commit: string | null = a): LockPack {
  const git = { repo: `r/${name}`, ref: 'main', commit, subdir: null, registry: null }
  return { ...git, name, install_requirements: true }
}

function model(target_path: string, root: LockModel['root'] = 'models'): LockModel {
  return { source: `https://example.org/${target_path}`, target_path, root, checksum: null }
}

const lock: Lock = {
  schema_version: 1,
  version_id: 'main',
  comfy: { repo: 'core', ref: null, commit: a },
  custom_nodes: [pack('alpha'), pack('beta')],
  models: [model('a.pt')],
  python_packages: ['numpy'],
  ...{ python_overrides: [], python_twins: 'one' },
  env: { Z: '1', A: '2' },
  options: { offline: false, skip_models: false },
}

test('equal locks differ in nothing, and the order of keys is no difference', () => {
  expect(diffLocks(lock, lock)).toEqual([])
  expect(diffLocks(parseLock(lockText(lock), 'f', 'main'), lock)).toEqual([])
})

test('everything is new when there was no lock', () => {
  expect(diffLocks(null, lock)).toEqual([
    { subject: 'core', from: null, to: `core@${a}` },
    { subject: 'pack alpha', from: null, to: `r/alpha@${a}` },
    { subject: 'pack beta', from: null, to: `r/beta@${a}` },
    { subject: 'model a.pt', from: null, to: 'https://example.org/a.pt' },
    { subject: 'packages', from: null, to: 'numpy' },
    { subject: 'env', from: null, to: '{"A":"2","Z":"1"}' },
    { subject: 'options', from: null, to: '{"offline":false,"skip_models":false}' },
  ])
})

test('a pin that moved, one that went and one that came are told apart', () => {
  const custom_nodes = [pack('alpha', b), pack('gamma', null)]
  expect(diffLocks(lock, { ...lock, custom_nodes })).toEqual([
    { subject: 'pack alpha', from: `r/alpha@${a}`, to: `r/alpha@${b}` },
    { subject: 'pack beta', from: `r/beta@${a}`, to: null },
    { subject: 'pack gamma', from: null, to: 'r/gamma@?' },
  ])
})

test('a pack whose requirements do not count any more has changed', () => {
  const custom_nodes = [{ ...pack('alpha'), install_requirements: false }, pack('beta')]
  expect(diffLocks(lock, { ...lock, custom_nodes })).toEqual([
    {
      subject: 'pack alpha',
      from: `r/alpha@${a}`,
      to: `r/alpha@${a} without its requirements`,
    },
  ])
})

test('a secret that changed is told without its values', () => {
  const env = { ...lock.env, HF_TOKEN: 'hunter22' }
  const repo = 'https://user:hunter33@host.test/core'
  const changes = diffLocks(lock, { ...lock, env, comfy: { ...lock.comfy, repo } })
  expect(changes).toEqual([
    { subject: 'core', from: `core@${a}`, to: `https://***@host.test/core@${a}` },
    { subject: 'env', from: '{"A":"2","Z":"1"}', to: '{"A":"2","HF_TOKEN":"***","Z":"1"}' },
  ])
})

test('a model that has a checksum now has changed', () => {
  const checksum = { algorithm: 'md5' as const, hex: '00' }
  const models = [{ ...model('a.pt'), checksum }]
  expect(diffLocks(lock, { ...lock, models })).toEqual([
    { subject: 'model a.pt', from: expect.any(String), to: 'https://example.org/a.pt md5:00' },
  ])
})

test('a model of the home is not one of the store at the same path', () => {
  const models = [model('a.pt'), model('a.pt', 'home')]
  expect(diffLocks(lock, { ...lock, models })).toEqual([
    { subject: 'model $COMFY_HOME/a.pt', from: null, to: 'https://example.org/a.pt' },
  ])
})

test('another order of packs and models moves nothing', () => {
  const custom_nodes = lock.custom_nodes.toReversed()
  expect(diffLocks(lock, { ...lock, custom_nodes })).toEqual([])
})
