import type { RealizeJob } from './job.ts'

/** Ids of the steps that come once for a tree; null is the core. A pack may be called `core` or `venv`. */
export function checkoutId(pack: string | null): string {
  return `checkout:${treeName(pack)}`
}

export function bytecodeId(pack: string | null): string {
  return `bytecode:${treeName(pack)}`
}

function treeName(pack: string | null): string {
  return pack === null ? 'core' : `custom_nodes/${pack}`
}

/** The first of the packs that are folders of one tree; the others wait for it instead of its lock. */
export function firstPackIn(
  job: Pick<RealizeJob, 'packs'>,
  tree: string | undefined,
): string | null {
  if (tree === undefined) return null
  return job.packs.find(({ checkout }) => checkout?.tree === tree)?.pack.name ?? null
}
