import type { Ctx } from '../core/context.ts'
import type { SpecSelector } from '../resolve/load-spec.ts'
import { expandEnv } from '../spec/expand-env.ts'
import { readSpecFile } from '../spec/locate.ts'
import type { Marker } from './marker.ts'
import { unchangedMarker } from './noop.ts'
import type { RealizeOptions, RealizeResult } from './realize.ts'

export interface EntryOptions extends RealizeOptions {
  dryRun: boolean
}

/**
 * `comfypin realize`. The usual case, nothing to do, is answered before any of the machinery is
 * loaded (perf.md row 2).
 */
export async function realizeVersion(
  ctx: Ctx,
  selector: SpecSelector,
  options: EntryOptions,
): Promise<RealizeResult> {
  const started = ctx.clock.now()
  if (
    !options.refresh &&
    !options.upgrade &&
    options.check !== 'all' &&
    !options.dryRun &&
    selector.path === null &&
    selector.id !== null
  ) {
    const { file, text } = readSpecFile(ctx.settings, selector.id, null)
    const marker = unchangedMarker(ctx.settings, selector.id, text)
    if (marker !== null) {
      warnOfUnset(ctx, file, marker)
      return {
        version_id: marker.version_id,
        home: marker.home,
        changed: false,
        steps: [],
        packs: marker.check ?? [],
        ms: ctx.clock.now() - started,
      }
    }
  }
  const { dryRun, realize } = await import('./realize.ts')
  return options.dryRun ? dryRun(ctx, selector, options) : realize(ctx, selector, options)
}

/** The spec is not read anew, but ComfyUI is started with the environment of today. */
function warnOfUnset(ctx: Ctx, file: string, { env }: Marker): void {
  for (const { key, name } of expandEnv(env, ctx.settings.env).unset)
    ctx.emit({ type: 'warning', code: 'SPEC_ENV_UNSET', params: { file, key, name } })
}
