import { startInstance, type Instance, type InstanceRequest } from '../comfy/instance.ts'
import type { Ctx } from '../core/context.ts'
import { tellCoreNeeds } from '../realize/core-needs.ts'
import type { ReadyVersion } from './ready-version.ts'

/**
 * Start the ComfyUI of a version.
 * @param more of this start alone
 * @throws PORT_TAKEN, INSTANCE_DIED, INSTANCE_TIMEOUT, INTERRUPTED, USAGE
 */
export async function startVersion(
  ctx: Ctx,
  { id, launch }: Pick<ReadyVersion, 'id' | 'launch'>,
  more: Partial<InstanceRequest> = {},
): Promise<Instance> {
  try {
    return await startInstance(ctx, { ...launch, ...more })
  } catch (error) {
    tellCoreNeeds(ctx, id, error)
    throw error
  }
}
