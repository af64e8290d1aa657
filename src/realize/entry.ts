import type { Ctx } from '../core/context.ts'
import type { SpecSelector } from '../resolve/load-spec.ts'
import { readSpecFile } from '../spec/locate.ts'
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
    const marker = unchangedMarker(
      ctx.settings,
      selector.id,
      readSpecFile(ctx.settings, selector.id, null).text,
    )
    if (marker !== null)
      return {
        version_id: marker.version_id,
        home: marker.home,
        changed: false,
        steps: [],
        packs: marker.check ?? [],
        ms: ctx.clock.now() - started,
      }
  }
  const { dryRun, realize } = await import('./realize.ts')
  return options.dryRun ? dryRun(ctx, selector, options) : realize(ctx, selector, options)
}
