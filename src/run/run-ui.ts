import { instanceDied } from '../comfy/process.ts'
import type { Ctx } from '../core/context.ts'
import { settleHome } from '../realize/late-writes.ts'
import type { SpecSelector } from '../resolve/load-spec.ts'
import { readyVersion } from './ready-version.ts'
import { startVersion } from './start-version.ts'

export interface UiOptions {
  /** Default 127.0.0.1 (R102). */
  host: string
  port: number
  /** Arguments for ComfyUI itself. */
  extraArgs: readonly string[]
}

export interface UiResult {
  version_id: string
  url: string
  exit_code: number | null
}

/**
 * ComfyUI with its own frontend, in the foreground, until it ends or Ctrl-C stops it.
 * @throws PORT_TAKEN, INSTANCE_DIED, and what realize throws
 */
export async function runUi(
  ctx: Ctx,
  selector: SpecSelector,
  options: UiOptions,
): Promise<UiResult> {
  const version = await readyVersion(ctx, selector)
  const instance = await startVersion(ctx, version, options)
  const exit = await instance.exited
  await settleHome(ctx, version.home)
  if (!ctx.signal.aborted && exit.code !== 0) throw instanceDied(instance, exit)
  return { version_id: version.id, url: instance.url, exit_code: exit.code }
}
