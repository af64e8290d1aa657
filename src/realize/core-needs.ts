import type { Ctx } from '../core/context.ts'
import { hasCode } from '../core/errors.ts'
import { missingModule, packageOfModule } from '../python/module-packages.ts'

/**
 * ComfyUI died for a module that no package of the version brings: the package is named, never
 * installed without being asked for. It happens to every old core in time, because its requirements
 * have no upper bounds (v0.3.64 imports `requests`, which came with an older huggingface-hub).
 * @param error any failure of a start
 */
export function tellCoreNeeds(ctx: Ctx, id: string, error: unknown): void {
  if (!hasCode(error, 'INSTANCE_DIED')) return
  const cause = String(error.params['log']).trimEnd().split('\n').at(-1) ?? ''
  const module = cause.startsWith('ModuleNotFoundError') ? missingModule(cause) : null
  if (module === null) return
  const params = { id, module, package: packageOfModule(module) }
  ctx.emit({ type: 'warning', code: 'CORE_NEEDS_PACKAGE', params })
}
