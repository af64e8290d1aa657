import { expect, test } from 'vitest'
import { pickCommit } from './pick-commit.ts'
import { collectRefs, parseAdvertisement } from './pkt-line.ts'

const [a, b, c] = ['a', 'b', 'c'].map((digit) => digit.repeat(40)) as [string, string, string]
const refs = {
  headRef: 'refs/heads/main',
  commits: new Map([
    ['HEAD', a],
    ['refs/heads/main', a],
    ['refs/heads/feature/x', b],
    ['refs/tags/v1', c],
    ['refs/tags/main', c],
  ]),
}

test('no ref means the default branch', () => {
  expect(pickCommit(refs, 'r', null)).toBe(a)
})

test('a branch wins over a tag of the same name, and names match whole', () => {
  expect(pickCommit(refs, 'r', 'main')).toBe(a)
  expect(pickCommit(refs, 'r', 'refs/tags/main')).toBe(c)
  expect(() => pickCommit(refs, 'r', 'x')).toThrow(/does not exist/)
})

test('a missing ref tells which ones exist', () => {
  expect(() => pickCommit(refs, 'r', 'mian')).toThrowError(
    expect.objectContaining({
      code: 'GIT_REF_NOT_FOUND',
      params: expect.objectContaining({ known: expect.stringContaining('main, feature/x') }),
    }),
  )
})

test('an abbreviated commit is refused by name', () => {
  expect(() => pickCommit(refs, 'r', 'abcdef1')).toThrowError(
    expect.objectContaining({ code: 'GIT_SHORT_COMMIT' }),
  )
})

test('an annotated tag is the commit it points to', () => {
  expect(collectRefs([`${a} refs/tags/v1`, `${b} refs/tags/v1^{}`]).get('refs/tags/v1')).toBe(b)
})

test('an advertisement with broken framing is not read', () => {
  const line = (text: string) => (text.length + 4).toString(16).padStart(4, '0') + text
  const good = `${line('# service=git-upload-pack\n')}0000${line(`${a} HEAD\0symref=HEAD:refs/heads/main agent=x\n`)}${line(`${a} refs/heads/main\n`)}0000`
  expect(parseAdvertisement(Buffer.from(good))).toEqual({
    headRef: 'refs/heads/main',
    commits: new Map([
      ['HEAD', a],
      ['refs/heads/main', a],
    ]),
  })
  for (const bad of ['<html>', good.slice(0, -30), '0003x', 'zzzz', ''])
    expect(parseAdvertisement(Buffer.from(bad))).toBeNull()
})
