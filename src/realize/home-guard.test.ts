import { existsSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { thrownBy } from '../../test/helpers/failure.ts'
import { tempDir } from '../../test/helpers/temp.ts'
import { cachePaths, homePaths } from '../platform/paths.ts'
import { CLAIM, requireOwnHome, sweepHome, sweepTmp } from './home-guard.ts'

describe('a folder that may become a home', () => {
  test.each([
    ['does not exist', (home: string) => home],
    ['is empty', (home: string) => mkdirSync(home)],
    ['was claimed by a realize that died', (home: string) => put(join(home, CLAIM))],
    ['has a marker that cannot be read', (home: string) => put(join(home, '.comfypin.json'))],
  ])('%s', (_, make) => {
    const home = join(tempDir(), 'home')
    make(home)
    expect(() => requireOwnHome(home, null)).not.toThrow()
  })
})

describe('what is somebody else’s', () => {
  test.each([
    ['a folder with content', (home: string) => put(join(home, 'thesis.txt'))],
    ['a folder with a hidden file', (home: string) => put(join(home, '.git/config'))],
    ['a file', put],
  ])('%s', (_, make) => {
    const home = join(tempDir(), 'home')
    make(home)
    expect(thrownBy(() => requireOwnHome(home, null))).toMatchObject({
      code: 'HOME_FOREIGN',
      params: { home },
    })
  })
})

test('staging of a day ago is swept, and what may still be in work stays', () => {
  const cache = cachePaths(tempDir('cache'))
  const yesterday = new Date(Date.now() - 25 * 3600 * 1000)
  for (const name of ['old', 'new']) put(join(cache.tmp, name, 'file'))
  put(join(cache.tmp, 'old-file'))
  for (const name of ['old', 'old-file']) utimesSync(join(cache.tmp, name), yesterday, yesterday)
  sweepTmp(cache)
  expect(readdirSync(cache.tmp)).toEqual(['new'])
})

test('a cache without a staging folder gets one', () => {
  const cache = cachePaths(join(tempDir(), 'cache'))
  sweepTmp(cache)
  expect(readdirSync(cache.tmp)).toEqual([])
})

test('a home is rid of what was staged in it, and of nothing else', async () => {
  const paths = homePaths(tempDir('home'))
  const staged = ['.0123456789ab.tmp', '.venv.0123456789ab.tmp', '.core-0123456789ab.old']
  const kept = ['.venv', 'core', 'mine.tmp', '.0123.tmp', 'input', '.comfypin-packs']
  for (const name of [...staged, ...kept]) mkdirSync(join(paths.home, name))
  for (const name of ['a.next', 'a.link', 'a.old', 'a.from']) put(join(paths.packs, name))
  await sweepHome(paths)
  expect(readdirSync(paths.home).toSorted()).toEqual(kept.toSorted())
  // `.old` may be the user's only copy: `restoreInterrupted` decides
  expect(readdirSync(paths.packs).toSorted()).toEqual(['a.from', 'a.old'])
})

test('a home that does not exist has nothing to sweep', async () => {
  const home = join(tempDir(), 'home')
  await sweepHome(homePaths(home))
  expect(existsSync(home)).toBe(false)
})

function put(path: string): void {
  mkdirSync(join(path, '..'), { recursive: true })
  writeFileSync(path, '')
}
