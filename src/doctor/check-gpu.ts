import type { Ctx } from '../core/context.ts'
import { systemCode } from '../core/errors.ts'
import { exec } from '../platform/exec.ts'
import { finding } from './finding.ts'
import type { Check, RawFinding } from './types.ts'

/** NVIDIA GPUs as their driver names them; ComfyUI runs without one, slowly. */
export const checkGpu: Check = { name: 'gpu', timeoutMs: 15_000, run }

async function run(ctx: Ctx): Promise<RawFinding[]> {
  try {
    const query = '--query-gpu=name,driver_version,memory.total'
    const result = await exec(ctx, ['nvidia-smi', query, '--format=csv,noheader'])
    if (result.exitCode !== 0) {
      const reason = `${result.stdout}${result.stderr}`.trim().split('\n')[0] ?? ''
      return [finding('GPU_BROKEN', { reason })]
    }
    return result.stdout.split('\n').flatMap((line) => {
      const [name, driver, memory] = line.split(',').map((part) => part.trim())
      if (!name || !driver || !memory) return []
      return [finding('GPU_OK', { name, driver, memory })]
    })
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [finding('GPU_NONE', {})]
    throw error
  }
}
