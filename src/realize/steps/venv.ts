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
  const copies = hasCopies(job)
  const venv = await createVenv(ctx, uv, { dir: job.home.venv, python, copies })
  writeAtomic(pythonRequestMark(job), pythonRequestText(job))
  return venv
}

/** The venv shall have copies instead of links (R79). */
export function hasCopies({ lock }: RealizeJob): boolean {
  return lock.options.venv_mode === 'copies'
}

/** What of a version needs a new venv when it changes. */
export function pythonRequestText(job: RealizeJob): string {
  return `${job.python ?? ''}${hasCopies(job) ? '\ncopies' : ''}`
}

export function pythonRequestMark(job: RealizeJob): string {
  return join(job.home.venv, '.comfypin-python')
}
