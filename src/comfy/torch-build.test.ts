import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { tempDir } from '../../test/helpers/temp.ts'
import { isCpuTorch } from './torch-build.ts'

const cpu = `
__version__ = '2.13.0+cpu'
cuda: Optional[str] = None
hip: Optional[str] = None
xpu: Optional[str] = None
`

test.each([
  ['a CPU build', cpu, true],
  ['a CPU build of an old torch', "__version__ = '2.1.0'\ncuda = None\nhip = None\n", true],
  [
    'a CUDA build',
    cpu.replace('cuda: Optional[str] = None', "cuda: Optional[str] = '12.8'"),
    false,
  ],
  ['a ROCm build', cpu.replace('hip: Optional[str] = None', "hip: Optional[str] = '6.4'"), false],
  [
    'an Intel build',
    cpu.replace('xpu: Optional[str] = None', "xpu: Optional[str] = '2025'"),
    false,
  ],
])('%s', (_, source, expected) => {
  expect(isCpuTorch(makeVenv(source), 'linux')).toBe(expected)
})

test('on macOS the build without CUDA has the GPU inside', () => {
  expect(isCpuTorch(makeVenv(cpu), 'darwin')).toBe(false)
})

test('a venv without torch, or no venv at all, is not a CPU build', () => {
  expect(isCpuTorch(makeVenv(null), 'linux')).toBe(false)
  expect(isCpuTorch('/nowhere/bin/python', 'linux')).toBe(false)
})

function makeVenv(versionSource: string | null): string {
  const venv = tempDir('venv')
  const torch = join(venv, 'lib', 'python3.12', 'site-packages', 'torch')
  mkdirSync(torch, { recursive: true })
  if (versionSource !== null) writeFileSync(join(torch, 'version.py'), versionSource)
  return join(venv, 'bin', 'python')
}
