import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { tempDir } from '../../test/helpers/temp.ts'
import {
  copiedFrom,
  copiesIn,
  copyPack,
  copyTree,
  isPristineCopy,
  linkPack,
  restoreInterrupted,
  writtenFiles,
  type PackPlace,
} from './pack-folder.ts'

/** Path → content; a path that ends with `@` is a link to its content. */
type Files = Record<string, string>

function makeTree(dir: string, files: Files): string {
  mkdirSync(dir, { recursive: true })
  for (const [path, content] of Object.entries(files)) {
    const full = join(dir, path.replace(/@$/, ''))
    mkdirSync(dirname(full), { recursive: true })
    if (path.endsWith('@')) symlinkSync(content, full)
    else writeFileSync(full, content)
  }
  return dir
}

function readTree(dir: string): Files {
  return Object.fromEntries(
    readdirSync(dir, { recursive: true, encoding: 'utf8' })
      .toSorted()
      .flatMap((path): [string, string][] => {
        const full = join(dir, path)
        const stats = lstatSync(full)
        if (stats.isSymbolicLink()) return [[`${path}@`, readlinkSync(full)]]
        return stats.isFile() ? [[path, readFileSync(full, 'utf8')]] : []
      }),
  )
}

/** A home with one pack's place, and two commits of that pack in a cache. */
function setUp(first: Files = { '__init__.py': 'one' }, second: Files = { '__init__.py': 'two' }) {
  const root = tempDir()
  const customNodes = join(root, 'home/custom_nodes')
  mkdirSync(customNodes, { recursive: true })
  const staging = join(root, 'home/.comfypin-packs')
  const place: PackPlace = { path: join(customNodes, 'pack'), staging, name: 'pack' }
  return {
    place,
    first: makeTree(join(root, 'cache/pack@1'), first),
    second: makeTree(join(root, 'cache/pack@2'), second),
    /** `custom_nodes` never holds anything half made: ComfyUI would import it. */
    entries: () => readdirSync(customNodes),
  }
}

describe('a link', () => {
  test('leads to the checkout, and to another one after that', () => {
    const { place, first, second, entries } = setUp()
    linkPack(place, first)
    linkPack(place, first)
    expect(readlinkSync(place.path)).toBe(first)
    linkPack(place, second)
    expect(readlinkSync(place.path)).toBe(second)
    expect(entries()).toEqual(['pack'])
  })

  test('takes the place of a copy, which is then no copy of ours any more', () => {
    const { place, first, second, entries } = setUp()
    copyPack(place, first)
    linkPack(place, second)
    expect(readlinkSync(place.path)).toBe(second)
    expect(copiedFrom(place)).toBeNull()
    expect(entries()).toEqual(['pack'])
    expect(readTree(first)).toEqual({ '__init__.py': 'one' })
  })
})

describe('a private copy', () => {
  test('has the files of its checkout, and none of its inodes', () => {
    const files = { '__init__.py': 'one', 'js/a.js': 'a', 'link@': '__init__.py' }
    const { place, first } = setUp(files)
    copyPack(place, first)
    expect(readTree(place.path)).toEqual(files)
    expect(copiedFrom(place)).toBe(first)
    for (const path of ['__init__.py', 'js/a.js'])
      expect(statSync(join(place.path, path)).ino).not.toBe(statSync(join(first, path)).ino)
    writeFileSync(join(place.path, '__init__.py'), 'mine')
    expect(readTree(first)).toEqual(files)
  })

  test('keeps the times of files, and leaves the bytecode of the cache behind', () => {
    const { place, first } = setUp({ 'a.py': 'a', '__pycache__/a.pyc': 'bytes' })
    utimesSync(join(first, 'a.py'), 1000, 1000)
    copyPack(place, first)
    expect(statSync(join(place.path, 'a.py')).mtimeMs).toBe(1_000_000)
    expect(Object.keys(readTree(place.path))).toEqual(['a.py'])
  })

  test('takes the place of a link without touching the checkout behind it', () => {
    const { place, first, second } = setUp()
    linkPack(place, first)
    copyPack(place, second)
    expect(readTree(place.path)).toEqual({ '__init__.py': 'two' })
    expect(readTree(first)).toEqual({ '__init__.py': 'one' })
  })

  test('of another commit keeps what was added and changed, and follows the rest', () => {
    const { place, first, second } = setUp(
      { 'a.py': 'a1', 'config.json': 'default', 'gone.py': 'old', 'same.py': 's' },
      { 'a.py': 'a2', 'config.json': 'new default', 'new.py': 'n', 'same.py': 's' },
    )
    copyPack(place, first)
    makeTree(place.path, { 'config.json': 'mine', 'presets/mine.json': '{}', 'w.pt@': '/store/w' })
    rmSync(join(place.path, 'same.py'))
    copyPack(place, second)
    expect(readTree(place.path)).toEqual({
      'a.py': 'a2',
      'config.json': 'mine',
      'new.py': 'n',
      'presets/mine.json': '{}',
      'same.py': 's',
      'w.pt@': '/store/w',
    })
    expect(copiedFrom(place)).toBe(second)
  })

  test('of another commit follows the links of the pack', () => {
    const { place, first, second } = setUp(
      { 'moved@': 'old.txt', 'dropped@': 'old.txt' },
      { 'moved@': 'new.txt' },
    )
    copyPack(place, first)
    copyPack(place, second)
    expect(readTree(place.path)).toEqual({ 'moved@': 'new.txt' })
  })

  test.each([
    ['a file where a folder is now', { data: 'mine' }, { 'data/a.py': 'a' }, 'data.mine'],
    ['a folder where a file is now', { 'data/x': 'mine' }, { data: 'new' }, 'data.mine/x'],
    ['a file where a link is now', { data: 'mine' }, { 'data@': '/nowhere' }, 'data.mine'],
    ['a folder where a link is now', { 'data/x': 'mine' }, { 'data@': '/nowhere' }, 'data.mine/x'],
  ])('of another commit keeps %s, beside it', (_, own, next, kept) => {
    const { place, first, second } = setUp({}, next)
    copyPack(place, first)
    makeTree(place.path, own)
    copyPack(place, second)
    expect(readTree(place.path)).toEqual({ ...next, [kept]: 'mine' })
  })

  test('is never written through a link of the pack', () => {
    const outside = makeTree(tempDir(), { 'config.json': 'theirs' })
    const { place, first, second } = setUp({}, { 'settings@': outside })
    copyPack(place, first)
    makeTree(place.path, { 'settings/config.json': 'mine' })
    copyPack(place, second)
    expect(readTree(outside)).toEqual({ 'config.json': 'theirs' })
  })

  test('whose old checkout is gone keeps every file', () => {
    const { place, first, second } = setUp({ 'a.py': 'a1', 'b.py': 'b1' }, { 'a.py': 'a2' })
    copyPack(place, first)
    rmSync(first, { recursive: true })
    copyPack(place, second)
    expect(readTree(place.path)).toEqual({ 'a.py': 'a1', 'b.py': 'b1' })
  })
})

describe('a copy is pristine', () => {
  function changed(change: (path: string) => void): boolean {
    const { place, first } = setUp({ 'a.py': 'a', 'b/c.py': 'c', 'link@': 'a.py' })
    copyPack(place, first)
    change(place.path)
    return isPristineCopy(place)
  }

  test.each<[string, (path: string) => void]>([
    ['as it was made', () => {}],
    ['when only bytecode was added', (path) => makeTree(path, { '__pycache__/a.pyc': 'x' })],
    ['when it is gone', (path) => rmSync(path, { recursive: true })],
  ])('%s', (_, change) => {
    expect(changed(change)).toBe(true)
  })

  test.each<[string, (path: string) => void]>([
    ['a file changed', (path) => writeFileSync(join(path, 'a.py'), 'b')],
    ['a file was added', (path) => writeFileSync(join(path, 'b/new.json'), '')],
    ['a link was added', (path) => symlinkSync('/mine', join(path, 'mine'))],
  ])('no more when %s', (_, change) => {
    expect(changed(change)).toBe(false)
  })

  test('no more when nobody can tell', () => {
    const { place, first } = setUp()
    copyPack(place, first)
    rmSync(first, { recursive: true })
    expect(isPristineCopy(place)).toBe(false)
  })
})

test('what a pack wrote is told by path, without its bytecode', () => {
  const { first } = setUp({ 'a.py': 'a', 'b/c.py': 'c', 'same.bin': 'x' })
  const copy = join(tempDir(), 'copy')
  copyTree(first, copy, { bytecode: true })
  expect(writtenFiles(copy, first)).toEqual([])
  makeTree(copy, { 'b/c.py': 'C', 'b/log/x.log': '', '__pycache__/a.pyc': '', 'same.bin': 'y' })
  expect(writtenFiles(copy, first).toSorted()).toEqual(['b/c.py', 'b/log/x.log', 'same.bin'])
})

describe('a swap that was cut off', () => {
  test('between its renames gives the user’s copy back', () => {
    const { place, first } = setUp()
    copyPack(place, first)
    makeTree(place.path, { 'mine.json': '{}' })
    renameSync(place.path, join(place.staging, 'pack.old'))
    restoreInterrupted(place)
    expect(readTree(place.path)).toEqual({ '__init__.py': 'one', 'mine.json': '{}' })
    expect(existsSync(join(place.staging, 'pack.old'))).toBe(false)
  })

  test('after them leaves the new one', () => {
    const { place, first, second } = setUp()
    linkPack(place, second)
    copyTree(first, join(place.staging, 'pack.old'), { bytecode: false })
    restoreInterrupted(place)
    expect(readlinkSync(place.path)).toBe(second)
    expect(existsSync(join(place.staging, 'pack.old'))).toBe(false)
  })

  test('before them is made again from the start', () => {
    const { place, first } = setUp()
    makeTree(join(place.staging, 'pack.next'), { 'half.py': '' })
    restoreInterrupted(place)
    copyPack(place, first)
    expect(readTree(place.path)).toEqual({ '__init__.py': 'one' })
  })
})

describe('a copy of another commit that was cut off', () => {
  /** As `copyPack` leaves things when it dies after so many of its last steps. */
  function cutOff(steps: number) {
    const { place, first, second } = setUp()
    const at = (end: string) => join(place.staging, `pack.${end}`)
    copyPack(place, first)
    makeTree(place.path, { 'mine.json': '{}' })
    makeTree(at('next'), { '__init__.py': 'two', 'mine.json': '{}' })
    const last = [
      () => writeFileSync(at('coming'), second),
      () => renameSync(place.path, at('old')),
      () => renameSync(at('next'), place.path),
      () => rmSync(at('old'), { recursive: true }),
      () => renameSync(at('coming'), at('from')),
    ]
    for (const step of last.slice(0, steps)) step()
    return { place, first, second }
  }

  test.each([0, 1, 2, 3, 4, 5])('after step %i is known for what it is', (steps) => {
    const { place, first, second } = cutOff(steps)
    const isNew = steps >= 3
    expect(copiesIn(place.staging)).toEqual(new Map([['pack', isNew ? second : first]]))
    restoreInterrupted(place)
    expect(copiedFrom(place)).toBe(isNew ? second : first)
    expect(readTree(place.path)['__init__.py']).toBe(isNew ? 'two' : 'one')
  })

  test.each([0, 1, 2, 3, 4, 5])(
    'after step %i becomes the new one, with what was added',
    (steps) => {
      const { place, second } = cutOff(steps)
      restoreInterrupted(place)
      copyPack(place, second)
      expect(readTree(place.path)).toEqual({ '__init__.py': 'two', 'mine.json': '{}' })
      expect(readdirSync(place.staging)).toEqual(['pack.from'])
    },
  )
})

test('the copies of a home are known by what they were made from', () => {
  const { place, first } = setUp()
  expect(copiesIn(place.staging)).toEqual(new Map())
  copyPack(place, first)
  linkPack({ ...place, path: `${place.path}-2`, name: 'other' }, first)
  expect(copiesIn(place.staging)).toEqual(new Map([['pack', first]]))
})
