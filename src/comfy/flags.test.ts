import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { tempDir } from '../../test/helpers/temp.ts'
import { readFlags, readVersion, supports } from './flags.ts'

test('the flags of a core are the literals of its argument parser', () => {
  const core = makeCore({
    'comfy/cli_args.py': `
parser.add_argument("--port", type=int)
parser.add_argument('--fp8_e4m3fn-unet', action="store_true")
parser.add_argument("--base-directory", type=str, help="see --not-a-flag")
`,
  })
  expect([...readFlags(core)]).toEqual(['--port', '--fp8_e4m3fn-unet', '--base-directory'])
  expect(supports(core, '--base-directory')).toBe(true)
  expect(supports(core, '--base')).toBe(false)
})

test('a core without an argument parser has no flags', () => {
  expect(readFlags(makeCore({})).size).toBe(0)
})

test('the version comes from the version file, and may be absent', () => {
  const versioned = makeCore({ 'comfyui_version.py': '# generated\n__version__ = "0.33.0"\n' })
  expect(readVersion(versioned)).toBe('0.33.0')
  expect(readVersion(makeCore({}))).toBeNull()
})

function makeCore(files: Record<string, string>): string {
  const dir = tempDir('core')
  mkdirSync(join(dir, 'comfy'))
  for (const [path, text] of Object.entries(files)) writeFileSync(join(dir, path), text)
  return dir
}
