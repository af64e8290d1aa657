import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { tempDir } from '../../test/helpers/temp.ts'
import { diffPackages, installedPackages } from './installed-packages.ts'
import { wheelModules } from './wheel-modules.ts'

function sitePackages(...entries: string[]): string {
  const dir = tempDir('site')
  for (const entry of entries) mkdirSync(join(dir, entry))
  return dir
}

const locked = (name: string, version: string | null, commit: string | null = null) => ({
  name,
  version,
  commit,
})

test('a listing is enough to know what is installed', () => {
  const dir = sitePackages(
    'six',
    'Py_YAML-6.0.dist-info',
    'torch-2.13.0+cpu.dist-info',
    'old.egg-info',
  )
  expect(
    installedPackages(dir)
      .map(({ name, version }) => `${name} ${version}`)
      .toSorted(),
  ).toEqual(['py-yaml 6.0', 'torch 2.13.0+cpu'])
})

test('the difference is what sync would do', () => {
  const dir = sitePackages('same-1.0.dist-info', 'moved-1.0.dist-info', 'extra-1.0.dist-info')
  const lock = [locked('same', '1.0'), locked('moved', '2.0'), locked('new', '1.0')]
  const { add, remove, keep } = diffPackages(lock, installedPackages(dir))
  expect(add.map(({ name }) => name)).toEqual(['moved', 'new'])
  expect(remove.map(({ name }) => name).toSorted()).toEqual(['extra', 'moved'])
  expect(keep.map(({ name }) => name)).toEqual(['same'])
})

test('another spelling of a version is the same version', () => {
  const found = installedPackages(sitePackages('pkg-2023.07.10.dist-info'))
  expect(diffPackages([locked('pkg', '2023.7.10')], found).add).toEqual([])
})

test('a version that only a build could tell is any version', () => {
  const found = installedPackages(sitePackages('pkg-1.0.dist-info'))
  expect(diffPackages([locked('pkg', null)], found).add).toEqual([])
})

test('two commits of one version differ', () => {
  const dir = sitePackages('pkg-1.0.dist-info')
  const origin = JSON.stringify({ url: 'https://host', vcs_info: { vcs: 'git', commit_id: 'abc' } })
  writeFileSync(join(dir, 'pkg-1.0.dist-info', 'direct_url.json'), origin)
  const found = installedPackages(dir)
  expect(diffPackages([locked('pkg', '1.0', 'abc')], found).add).toEqual([])
  expect(diffPackages([locked('pkg', '1.0', 'def')], found).add).toHaveLength(1)
})

test('the modules of a wheel lie below site-packages', () => {
  const dir = sitePackages('pkg-1.0.dist-info')
  const record = [
    'pkg/__init__.py,sha256=a,1',
    'pkg/data.txt,sha256=b,1',
    '"pkg/odd,""name"".py",sha256=c,1',
    '../../../bin/tool.py,sha256=d,1',
    '/etc/evil.py,sha256=e,1',
    'pkg-1.0.dist-info/RECORD,,',
    '',
  ]
  writeFileSync(join(dir, 'pkg-1.0.dist-info', 'RECORD'), record.join('\r\n'))
  const modules = wheelModules(join(dir, 'pkg-1.0.dist-info'))
  expect(modules.map(({ path }) => path)).toEqual(['pkg/__init__.py', 'pkg/odd,"name".py'])
})

test('a package without RECORD has no modules', () => {
  expect(wheelModules(join(sitePackages(), 'gone-1.0.dist-info'))).toEqual([])
})
