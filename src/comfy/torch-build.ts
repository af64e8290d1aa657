import { readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { systemCode } from '../core/errors.ts'
import { readTextIfExists } from '../platform/files.ts'

const ACCELERATOR = /^(?:cuda|hip|rocm|xpu)\b[^=]*=\s*(?!None\b)\S/m

/**
 * Whether the venv of `python` holds a torch that can compute on the CPU alone: ComfyUI then dies
 * without `--cpu`. False without torch. Read from `torch/version.py`, which the build writes, because
 * CPU wheels of some platforms carry no `+cpu`; on macOS the same build has the GPU (MPS) inside.
 */
export function isCpuTorch(python: string, platform: NodeJS.Platform = process.platform): boolean {
  if (platform === 'darwin') return false
  const lib = join(dirname(dirname(python)), 'lib')
  for (const name of pythonFolders(lib)) {
    const source = readTextIfExists(join(lib, name, 'site-packages', 'torch', 'version.py'))
    if (source !== null) return !ACCELERATOR.test(source)
  }
  return false
}

function pythonFolders(lib: string): string[] {
  try {
    return readdirSync(lib).filter((name) => name.startsWith('python3'))
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return []
    throw error
  }
}
