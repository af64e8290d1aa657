import { join } from 'node:path'
import type { Ctx } from '../../core/context.ts'
import { writeAtomic } from '../../platform/files.ts'
import { createVenv } from '../../python/create-venv.ts'
import type { Venv } from '../../python/venv-state.ts'
import type { RealizeJob } from '../job.ts'
import type { PythonTools } from './python-tools.ts'

/** Make the home's empty venv; which interpreter was asked for is noted inside. */
export async function makeVenv(ctx: Ctx, job: RealizeJob, tools: PythonTools): Promise<Venv> {
  const [uv, python] = await Promise.all([tools.uv(ctx), tools.interpreter(ctx)])
  const venv = await createVenv(ctx, uv, { dir: job.home.venv, python })
  writeAtomic(pythonRequestMark(job), job.python ?? '')
  return venv
}

export function pythonRequestMark(job: RealizeJob): string {
  return join(job.home.venv, '.comfypin-python')
}
