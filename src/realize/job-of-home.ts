import type { Ctx } from '../core/context.ts'
import { parseLock } from '../resolve/lock-schema.ts'
import { createJob, type RealizeJob } from './job.ts'
import type { Marker } from './marker.ts'

/** The job of a home as it is, whatever the spec says by now. */
export function jobOfHome(ctx: Ctx, marker: Marker): RealizeJob {
  const { home, spec, lock, version_id: id } = marker
  const inner: Ctx = { ...ctx, settings: { ...ctx.settings, home } }
  return createJob(inner, {
    specText: spec,
    lock: parseLock(lock, home, id),
    lockText: lock,
    check: 'none',
    upgrade: false,
  })
}
