import type { Ctx } from '../core/context.ts'

const SHOWN = 8

/** Some packs leave nodes out without a word when a library is missing (packs.md §6.7). */
export function tellFewerNodes(
  ctx: Ctx,
  name: string,
  before: readonly string[],
  now: readonly string[],
): void {
  if (now.length >= before.length) return
  const known = new Set(now)
  const gone = before.filter((classType) => !known.has(classType))
  const shown = [...gone.slice(0, SHOWN), ...(gone.length > SHOWN ? ['…'] : [])].join(', ')
  const params = { name, before: before.length, now: now.length, gone: shown }
  ctx.emit({ type: 'warning', code: 'PACK_FEWER_NODES', params })
}
