import type { Ctx } from '../../core/context.ts'
import { findPython } from '../../python/interpreter.ts'
import type { PythonInterpreter, Uv } from '../../python/types.ts'
import { ensureUv } from '../../python/uv.ts'
import type { RealizeJob } from '../job.ts'

/** uv and the interpreter, looked up once per realize and only when a step needs them. */
export interface PythonTools {
  uv(ctx: Ctx): Promise<Uv>
  interpreter(ctx: Ctx): Promise<PythonInterpreter>
}

export function createPythonTools(job: RealizeJob): PythonTools {
  let uv: Promise<Uv> | null = null
  let interpreter: Promise<PythonInterpreter> | null = null
  const findUv = (ctx: Ctx) => (uv ??= ensureUv(ctx, job.offline))
  const find = async (ctx: Ctx) =>
    findPython(ctx, await findUv(ctx), { python: job.python, offline: job.offline })
  return { uv: findUv, interpreter: (ctx) => (interpreter ??= find(ctx)) }
}
