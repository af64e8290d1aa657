import { expect, test } from 'vitest'
import { parseGitConfig, remoteOf } from './git-config.ts'

const TEXT = `
# made by hand
[core]
	bare = false ; comment
[remote "origin"]
	url = "https://example.org/a#b" # comment
	fetch = +refs/heads/*:refs/remotes/origin/*
[remote "fork \\"mine\\""]
	URL = https://example.org/fork.git
[branch "work"] remote = fork \\"mine\\"
	merge = refs/heads/work
[alias] x = "!id"
`

test('the branch says which remote counts, else origin does', () => {
  const config = parseGitConfig(TEXT)
  expect(remoteOf(config, 'main')).toEqual({ name: 'origin', url: 'https://example.org/a#b' })
  expect(remoteOf(config, 'work')).toEqual({
    name: 'fork "mine"',
    url: 'https://example.org/fork.git',
  })
})

test.each([
  ['the only remote', '[remote "up"]\nurl = x\n', { name: 'up', url: 'x' }],
  ['none without an address', '[remote "up"]\nfetch = x\n', null],
  ['none in an empty file', '', null],
  ['none of what is no config', '\0\0[[[remote "x"', null],
])('%s', (_what, text, remote) => {
  expect(remoteOf(parseGitConfig(text), null)).toEqual(remote)
})
