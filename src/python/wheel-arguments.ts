import type { Ctx } from '../core/context.ts'

/** `--wheels-dir` alone (R81), or whatever indexes the user gave uv. */
export function wheelArguments(ctx: Ctx): string[] {
  const { wheelsDir } = ctx.settings
  return wheelsDir === null ? [] : ['--no-index', '--find-links', wheelsDir]
}
