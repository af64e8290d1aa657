import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { tempDir } from '../../test/helpers/temp.ts'
import { readArgument } from './parse-entries.ts'
import { parseModelArgument } from './parse-model-argument.ts'
import { parsePackArgument } from './parse-pack-argument.ts'
import { parseRepoArgument } from './parse-repo-argument.ts'

const SHA = 'ab'.repeat(20)
const HUB = 'https://github.com'

function entryOf(text: string) {
  const read = parsePackArgument(text, '/cwd')
  return typeof read === 'string' ? read : read.entry
}

describe('a pack is', () => {
  test.each([
    ['owner/name', { repo: `${HUB}/owner/name` }],
    ['owner/name@v1.2', { repo: `${HUB}/owner/name`, ref: 'v1.2' }],
    ['owner/name@feature/x', { repo: `${HUB}/owner/name`, ref: 'feature/x' }],
    [`owner/name@${SHA.toUpperCase()}`, { repo: `${HUB}/owner/name`, commit: SHA }],
    ['github.com/owner/name', { repo: `${HUB}/owner/name` }],
    [`${HUB}/owner/name.git@dev`, { repo: `${HUB}/owner/name.git`, ref: 'dev' }],
    [`${HUB}/owner/name/`, { repo: `${HUB}/owner/name` }],
    [`${HUB}/owner/name?tab=readme-ov-file#readme`, { repo: `${HUB}/owner/name` }],
    ['https://user:pass@git.test/a/b@x', { repo: 'https://user:pass@git.test/a/b', ref: 'x' }],
    ['git@host.test:owner/name.git', { repo: 'git@host.test:owner/name.git' }],
    ['git@host.test:owner/name@v1', { repo: 'git@host.test:owner/name', ref: 'v1' }],
    ['ssh://git@host.test:22/a/b@v1', { repo: 'ssh://git@host.test:22/a/b', ref: 'v1' }],
    ['file:///srv/a@v1', { repo: 'file:///srv/a', ref: 'v1' }],
    ['./packs/a', { repo: '/cwd/packs/a' }],
    ['../a@main', { repo: '/a', ref: 'main' }],
    ['/srv/a@main', { repo: '/srv/a', ref: 'main' }],
    [
      'owner/name@v1#subdir=packs/one',
      { repo: `${HUB}/owner/name`, ref: 'v1', subdir: 'packs/one' },
    ],
    ['comfyui-kjnodes', { registry: 'comfyui-kjnodes' }],
    ['comfyui-kjnodes@1.1.3', { registry: 'comfyui-kjnodes', version: '1.1.3' }],
    ['comfyui-kjnodes@latest', { registry: 'comfyui-kjnodes' }],
  ])('%s', (text, entry) => {
    expect(entryOf(text)).toEqual(entry)
  })
})

describe('a pasted page gives repository and ref:', () => {
  test.each([
    ['https://github.com/a/b/tree/main', 'https://github.com/a/b', 'main', null],
    ['https://github.com/a/b/tree/main/sub/dir', 'https://github.com/a/b', 'main', 'sub/dir'],
    ['https://github.com/a/b/tree/a%23b', 'https://github.com/a/b', 'a#b', null],
    [`https://github.com/a/b/commit/${SHA}`, 'https://github.com/a/b', SHA, null],
    ['https://github.com/a/b/releases/tag/v1', 'https://github.com/a/b', 'v1', null],
    ['https://gitlab.com/g/s/b/-/tree/dev?ref_type=heads', 'https://gitlab.com/g/s/b', 'dev', null],
    ['https://gitlab.com/a/b/-/tags/v1', 'https://gitlab.com/a/b', 'v1', null],
    [`https://gitlab.com/a/b/-/commit/${SHA}`, 'https://gitlab.com/a/b', SHA, null],
    ['https://bitbucket.org/a/b/src/main/', 'https://bitbucket.org/a/b', 'main', null],
    ['https://bitbucket.org/a/b/src/main/x', 'https://bitbucket.org/a/b', 'main', 'x'],
    [`https://bitbucket.org/a/b/commits/${SHA}`, 'https://bitbucket.org/a/b', SHA, null],
    ['https://codeberg.org/a/b/src/branch/main', 'https://codeberg.org/a/b', 'main', null],
    ['https://codeberg.org/a/b/src/tag/v1', 'https://codeberg.org/a/b', 'v1', null],
    ['owner/name/tree/main', 'https://github.com/owner/name', 'main', null],
  ])('%s', (text, repo, ref, subdir) => {
    expect(parseRepoArgument(text, '/')).toMatchObject({ repo, ref, subdir })
  })

  test('with everything that may be a branch of several parts', () => {
    expect(parseRepoArgument('https://github.com/a/b/tree/x/y/z', '/')).toMatchObject({
      tree: 'x/y/z',
    })
  })
})

describe('no pack is', () => {
  test.each([
    '',
    ' ',
    'two words',
    '--upload-pack=x',
    'ext::sh -c x',
    'https://github.com/only',
    'https://github.com/a/b/issues/1',
    'owner/name@',
    'owner/name@-x',
    'owner/name@a..b',
    'owner/name#subdri=x',
    'name@',
    'ftp://host.test/a',
    'a/b\u0000c',
  ])('%j', (text) => {
    expect(parsePackArgument(text, '/')).toEqual(expect.any(String))
  })
})

test('a folder with "@" in its name is taken as it is', () => {
  const cwd = tempDir('at')
  mkdirSync(join(cwd, 'pack@v1'))
  expect(parseRepoArgument('./pack@v1', cwd)).toMatchObject({
    repo: join(cwd, 'pack@v1'),
    ref: null,
  })
})

describe('a model is', () => {
  test.each([
    ['hf://a/b/c.pt', { source: 'hf://a/b/c.pt' }],
    ['civitai:123', { source: 'civitai:123' }],
    ['https://x.test/a.pt?b=1,c=2', { source: 'https://x.test/a.pt?b=1,c=2' }],
    ['./a.pt', { source: '/cwd/a.pt' }],
    ['file:a%20b.pt', { source: 'file:/cwd/a%20b.pt' }],
    [
      'source=https://x.test/a?b=1,c=2,subdir=loras,name=n',
      { source: 'https://x.test/a?b=1,c=2', target_subdir: 'loras', name: 'n' },
    ],
    [
      'url=a.pt,path=$COMFY_HOME/x,sha256=ff',
      { source: '/cwd/a.pt', target_path: '$COMFY_HOME/x', checksum: 'sha256:ff' },
    ],
    ['source=s3://b/k,md5=0', { source: 's3://b/k', checksum: 'md5:0' }],
  ])('%s', (text, entry) => {
    expect(parseModelArgument(text, '/cwd')).toEqual(entry)
  })

  test.each([
    ['', 'the source of a model'],
    ['subdir=loras', 'source=… among the parts'],
    ['source=,name=a', 'a value for "source"'],
    ['source=a,url=b', '"url" once'],
  ])('not %j', (text, expected) => {
    expect(parseModelArgument(text, '/cwd')).toBe(expected)
  })
})

test('JSON gives one entry or several, and each that is none is told by its place', () => {
  const texts = [
    '{"repo": "./a"}',
    '["owner/name", {"repo": "git@h.test:a"}]',
    '[1, "", null]',
    '{',
  ]
  expect(texts.map((text) => readArgument('custom_nodes', text, '/cwd'))).toEqual([
    { entries: [{ entry: { repo: '/cwd/a' }, tree: null }], problems: [] },
    {
      entries: [
        { entry: { repo: `${HUB}/owner/name` }, tree: null },
        { entry: { repo: 'git@h.test:a' }, tree: null },
      ],
      problems: [],
    },
    { entries: [], problems: [0, 1, 2].map((at) => expect.stringContaining(`[${at}]: `)) },
    { entries: [], problems: ['JSON'] },
  ])
})
