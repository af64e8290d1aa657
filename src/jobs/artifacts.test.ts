import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { thrownBy } from '../../test/helpers/failure.ts'
import { tempDir } from '../../test/helpers/temp.ts'
import type { HistoryEntry } from '../comfy/history.ts'
import type { WorkFolders } from '../comfy/launch.ts'
import { collectArtifacts } from './artifacts.ts'

test('every file and every text is an artifact of its own, in order', () => {
  const folders = makeFolders({
    'output/a.png': '12',
    'output/sub/b.mp4': '345',
    'temp/p.webp': '',
  })
  const artifacts = collect(folders, {
    '9': {
      images: [
        { filename: 'a.png', subfolder: '', type: 'output' },
        { filename: 'b.mp4', subfolder: 'sub', type: 'output' },
      ],
      animated: [true],
    },
    '12:7': { text: ['привет', 'b'] },
    '10': { images: [{ filename: 'p.webp', subfolder: '', type: 'temp' }] },
  })
  // ids that look like integers come first: JSON objects of JavaScript are ordered so
  expect(
    artifacts.map(({ name, type, nodeId, key, size, mime }) => [
      name,
      type,
      nodeId,
      key,
      size,
      mime,
    ]),
  ).toEqual([
    ['a.png', 'output', '9', 'images', 2, 'image/png'],
    ['b.mp4', 'output', '9', 'images', 3, 'video/mp4'],
    ['p.webp', 'temp', '10', 'images', 0, 'image/webp'],
    ['12-7-text-0.txt', 'output', '12:7', 'text', 12, 'text/plain'],
    ['12-7-text-1.txt', 'output', '12:7', 'text', 1, 'text/plain'],
  ])
})

test('a file that a node shows under two keys is one artifact', () => {
  const folders = makeFolders({ 'output/a.mp4': '' })
  const item = { filename: 'a.mp4', subfolder: '', type: 'output' }
  expect(collect(folders, { '1': { gifs: [item], videos: [item] } })).toHaveLength(1)
})

test('what is neither a file nor a text of a node is left alone', () => {
  const folders = makeFolders({})
  const odd = { result: ['camera', null], flags: true, list: [[1], { other: 1 }, { filename: 5 }] }
  expect(collect(folders, { '1': odd })).toEqual([])
})

test('a saved file that is gone is an error, a preview that is gone is not', () => {
  const folders = makeFolders({})
  const item = (type: string) => ({ '1': { images: [{ filename: 'x.png', subfolder: '', type }] } })
  expect(thrownBy(() => collect(folders, item('output'))).code).toBe('JOB_ARTIFACT_MISSING')
  expect(collect(folders, item('temp'))).toEqual([])
})

describe('paths that leave the folder of their type', () => {
  test.each([
    { filename: '../secret', subfolder: '' },
    { filename: 'secret', subfolder: '..' },
    { filename: 'secret', subfolder: '/' },
    { filename: '/etc/passwd', subfolder: '' },
    { filename: '.', subfolder: '' },
    { filename: 'link', subfolder: '' },
    { filename: 'secret', subfolder: 'dirlink' },
    { filename: 'a\0.png', subfolder: '' },
    { filename: 'sub', subfolder: '' },
    { filename: 'secret', subfolder: '', type: '../..' },
    { filename: 'secret', subfolder: '', type: '__proto__' },
  ])('$filename in "$subfolder"', (item) => {
    const folders = makeFolders({ secret: '', 'output/sub/a.png': '' })
    symlinkSync(join(folders.output, '..', 'secret'), join(folders.output, 'link'))
    symlinkSync(join(folders.output, '..'), join(folders.output, 'dirlink'))
    const output = { images: [{ type: 'output', ...item }] }
    expect(thrownBy(() => collect(folders, { '1': output })).code).toBe('PATH_UNSAFE')
  })
})

test('an output folder that is itself a link is fine', () => {
  const real = makeFolders({ 'output/a.png': '' })
  const link = join(tempDir('link'), 'output')
  symlinkSync(real.output, link)
  const output = { '1': { images: [{ filename: 'a.png', subfolder: '', type: 'output' }] } }
  const [artifact] = collect({ ...real, output: link }, output)
  expect(artifact).toMatchObject({ path: join(real.output, 'a.png') })
})

function collect(folders: WorkFolders, outputs: Record<string, Record<string, unknown>>) {
  const entry: HistoryEntry = { outputs: Object.entries(outputs), status: 'success', messages: [] }
  return collectArtifacts(entry, folders)
}

function makeFolders(files: Record<string, string>): WorkFolders {
  const home = tempDir('home')
  for (const [path, text] of Object.entries({ 'output/.keep': '', 'temp/.keep': '', ...files })) {
    mkdirSync(dirname(join(home, path)), { recursive: true })
    writeFileSync(join(home, path), text)
  }
  const at = (name: string) => join(home, name)
  return { input: at('input'), output: at('output'), temp: at('temp') }
}
