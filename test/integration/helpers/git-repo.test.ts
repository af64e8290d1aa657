import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createRepo } from '../../helpers/git-repo.ts'
import { tempDir } from '../../helpers/temp.ts'

test('the same options give the same commits', () => {
  const options = { commits: [{ files: { a: '1' } }, { files: { b: '2' }, message: 'second' }] }
  const [one, two] = ['one.git', 'two.git'].map((name) =>
    createRepo(join(tempDir(), name), options),
  )
  expect(one?.commits).toEqual(two?.commits)
  expect(one?.commits).toHaveLength(2)
})

test('tags, branches, file kinds and submodules are what git reads back', () => {
  const inner = createRepo(join(tempDir(), 'inner.git'), { files: { x: 'x' } })
  const commit = inner.commits[0] ?? ''
  const repo = createRepo(join(tempDir(), 'outer.git'), {
    commits: [
      { files: { plain: 'p', run: { executable: '#!/bin/sh\n' }, link: { symlink: 'plain' } } },
      { files: { plain: null, sub: { submodule: '../inner.git', commit } } },
    ],
    tags: { light: 0 },
    annotatedTags: { v1: 1 },
    branches: { dev: 0 },
  })
  expect(
    repo
      .git('ls-tree', 'main')
      .replaceAll(/ [0-9a-f]{40}\t/g, ' ')
      .split('\n'),
  ).toEqual(['100644 blob .gitmodules', '120000 blob link', '100755 blob run', '160000 commit sub'])
  expect(repo.git('config', '--blob', 'main:.gitmodules', 'submodule.sub.url')).toBe('../inner.git')
  expect(repo.git('rev-parse', 'light', 'v1^{commit}', 'dev').split('\n')).toEqual([
    repo.commits[0],
    repo.commits[1],
    repo.commits[0],
  ])
  expect(repo.git('cat-file', '-t', 'v1')).toBe('tag')
})

test('a later commit moves its branch and keeps the files', () => {
  const repo = createRepo(join(tempDir(), 'r.git'), { files: { a: '1', b: '1' } })
  const next = repo.commit({ files: { a: '2' } })
  expect(repo.git('rev-parse', 'main', 'main~1').split('\n')).toEqual([next, repo.commits[0]])
  expect(repo.git('show', 'main:a')).toBe('2')
  expect(repo.git('show', 'main:b')).toBe('1')
})
