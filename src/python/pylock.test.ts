import { machine } from 'node:os'
import { expect, test } from 'vitest'
import { tempDir } from '../../test/helpers/temp.ts'
import { createTestCtx } from '../../test/helpers/test-ctx.ts'
import { toLocal, toPortable } from './portable-pylock.ts'
import { environmentLine, parsePylock, pylockFits } from './pylock.ts'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

const HEAD = 'lock-version = "1.0"\ncreated-by = "uv"\nrequires-python = ">=3.11.7"\n'
const PYTHON = { path: '/p', version: '3.11.7', platform: process.platform, machine: machine() }

test('packages are read with version and commit', () => {
  const text = `${HEAD}
[[packages]]
name = "Six"
version = "1.0"
wheels = [{ url = "https://host/six-1.0.whl", hashes = { sha256 = "00" } }]

[[packages]]
name = "from-git"
vcs = { type = "git", url = "https://host/a/b", commit-id = "abc" }
`
  expect(parsePylock(text, 'f')).toEqual([
    { name: 'six', version: '1.0', commit: null },
    { name: 'from-git', version: null, commit: 'abc' },
  ])
})

test.each(['', 'not = "a lock"', `${HEAD}[[packages]]\nversion = "1"\n`])(
  'a text that is no lock is damaged: %j',
  (text) => {
    expect(() => parsePylock(text, '/cache/resolved/pylock.my.id.toml')).toThrow(
      expect.objectContaining({
        code: 'LOCK_INVALID',
        params: expect.objectContaining({ id: 'my.id' }),
      }),
    )
  },
)

test('a lock fits the machine and the minor version it was made for', () => {
  const text = `${HEAD}${environmentLine(PYTHON)}\n`
  expect(pylockFits(text, '3.11.2')).toBe(true)
  expect(pylockFits(text, null)).toBe(true)
  expect(pylockFits(text, '3.12.0')).toBe(false)
  expect(pylockFits(`${HEAD}${environmentLine({ ...PYTHON, machine: 'vax' })}\n`, null)).toBe(false)
  expect(pylockFits(HEAD, null)).toBe(false)
})

test('paths of this machine become portable, and local again', () => {
  const wheelsDir = join(tempDir('wheels'))
  const { ctx } = createTestCtx({ wheelsDir, cacheRoot: '/cache' })
  writeFileSync(join(wheelsDir, 'x-1+cpu.whl'), '')
  const text = `${HEAD}
wheels = [{ url = "file://${wheelsDir}/x-1%2Bcpu.whl" }, { url = "file://${wheelsDir}/y.whl" }]
archive = { path = "/cache/checkouts/a/b@c/z.whl" }
archive = { path = "/home/me/own.whl" }
`
  const portable = toPortable(ctx, text, PYTHON)
  expect(portable).toContain('requires-python = ">=3.11"\nenvironments = ["python_version')
  expect(portable).toContain('{ path = "find-links/x-1+cpu.whl" }, { path = "find-links/y.whl" }')
  expect(portable).toContain('path = "../checkouts/a/b@c/z.whl"')
  const local = toLocal(ctx, portable)
  expect(local.text).toContain(`url = "file://${wheelsDir}/x-1+cpu.whl"`)
  expect(local.text).toContain('path = "/cache/checkouts/a/b@c/z.whl"')
  expect(local.missing).toEqual(['y.whl'])
})
