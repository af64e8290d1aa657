import type { InstanceRequest } from '../comfy/instance.ts'
import type { Ctx } from '../core/context.ts'
import { ComfypinError } from '../core/errors.ts'
import { homePaths } from '../platform/paths.ts'
import { realizeVersion } from '../realize/entry.ts'
import { readMarker, type Marker } from '../realize/marker.ts'
import { downloadEnv } from '../realize/pack-downloads.ts'
import { expandSpecEnv } from '../realize/spec-env.ts'
import type { SpecSelector } from '../resolve/load-spec.ts'

export interface ReadyVersion {
  id: string
  home: string
  marker: Marker
  /** What an instance of this version needs to know. */
  launch: InstanceRequest
  /** False when nothing had to be done. */
  changed: boolean
  /** Milliseconds spent on making it ready. */
  ms: number
}

/** A version that can be started: realized now if it was not (R110, R111). */
export async function readyVersion(ctx: Ctx, selector: SpecSelector): Promise<ReadyVersion> {
  const result = await realizeVersion(ctx, selector, {
    refresh: false,
    check: 'new',
    upgrade: false,
    dryRun: false,
  })
  const marker = readMarker(result.home)
  if (marker === null)
    throw new ComfypinError('HOME_MISSING', { id: result.version_id, home: result.home })
  return {
    id: result.version_id,
    home: result.home,
    marker,
    launch: launchOf(ctx, result.home, marker),
    changed: result.changed,
    ms: result.ms,
  }
}

function launchOf(ctx: Ctx, home: string, marker: Marker): InstanceRequest {
  const at = homePaths(home)
  return {
    python: at.python,
    coreDir: marker.core.dir,
    home,
    extraModelPaths: at.extraModelPaths,
    specEnv: {
      ...downloadEnv(
        ctx,
        marker.models_dir,
        marker.packs.map(({ checkout }) => checkout),
      ),
      ...expandSpecEnv(marker.env, ctx.settings.env),
    },
  }
}
