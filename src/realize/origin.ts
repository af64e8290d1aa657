import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Ctx } from '../core/context.ts'
import { parseAddress, type RepoAddress } from '../git/address.ts'
import { changedFiles, checkoutPaths, ensureCheckout, repairCheckout } from '../git/checkout.ts'
import { storeDir } from '../git/object-store.ts'
import { isComplete, type CheckoutPaths, type Repair } from '../platform/checkout-tree.ts'
import { createHttpAgents, destroyAgents } from '../platform/open-url.ts'
import { isWithin, type CachePaths } from '../platform/paths.ts'
import { readTreeFiles, type MissingFile } from '../platform/tree-files.ts'
import {
  archivePath,
  changedInPackage,
  ensurePackage,
  packagePaths,
  repairPackage,
} from '../registry/checkout.ts'
import type { RegistryPin } from '../registry/types.ts'
import { fetchArchive } from '../resolve/registry-archive.ts'
import type { LockPack } from '../resolve/types.ts'
import type { CheckoutState } from './facts.ts'

/** Where the files of a checkout come from, pinned. */
export type Origin =
  | { kind: 'git'; address: RepoAddress; commit: string }
  | { kind: 'registry'; pin: RegistryPin }

/** null: resolved offline, and nobody knows the pin. */
export function packOrigin({ repo, commit, registry }: LockPack): Origin | null {
  if (registry !== null)
    return registry.version === null ? null : { kind: 'registry', pin: registry }
  return repo === null || commit === null ? null : gitOrigin(repo, commit)
}

export function gitOrigin(repo: string, commit: string): Origin {
  return { kind: 'git', address: parseAddress(repo, '/'), commit }
}

export function originPaths(cache: CachePaths, origin: Origin): CheckoutPaths {
  return origin.kind === 'git'
    ? checkoutPaths(cache, origin.address, origin.commit)
    : packagePaths(cache, origin.pin)
}

/** How far a checkout is, without looking at its files. */
export function originState(
  cache: CachePaths,
  origin: Origin,
  paths: CheckoutPaths,
): CheckoutState {
  if (existsSync(paths.complete) && existsSync(paths.tree))
    return missingFiles(paths).length === 0 ? 'present' : 'partial'
  if (origin.kind === 'registry')
    return existsSync(archivePath(cache, origin.pin)) ? 'archive' : 'clone'
  return existsSync(storeDir(cache.git, origin.address)) ? 'fetch' : 'clone'
}

/** True when the tree is here, or can be made without the network. */
export function isAtHand(cache: CachePaths, origin: Origin, paths: CheckoutPaths): boolean {
  return isComplete(paths) || originState(cache, origin, paths) === 'archive'
}

/** LFS files that a checkout lacks, in the folder that is used of it. */
export function missingFiles({ tree, dir, files }: CheckoutPaths): readonly MissingFile[] {
  const missing = readTreeFiles(files)?.missing ?? []
  return tree === dir ? missing : missing.filter(({ path }) => isWithin(dir, join(tree, path)))
}

/** Files that somebody changed, removed or added, as paths below the tree. */
export function changedInTree(ctx: Ctx, cache: CachePaths, origin: Origin): Promise<string[]> {
  return origin.kind === 'git'
    ? changedFiles(ctx, cache, origin.address, origin.commit)
    : changedInPackage(ctx, cache, origin.pin)
}

/** Make the tree unless it is there. @returns true when something was made */
export async function ensureTree(ctx: Ctx, cache: CachePaths, origin: Origin): Promise<boolean> {
  if (origin.kind === 'git') return ensureCheckout(ctx, cache, origin.address, origin.commit)
  if (isComplete(packagePaths(cache, origin.pin))) return false
  await bringArchive(ctx, cache, origin.pin)
  return ensurePackage(ctx, cache, origin.pin)
}

/** Make the tree again when somebody changed it; what was changed is kept. */
export async function repairTree(
  ctx: Ctx,
  cache: CachePaths,
  origin: Origin,
): Promise<Repair | null> {
  if (origin.kind === 'git') return repairCheckout(ctx, cache, origin.address, origin.commit)
  await bringArchive(ctx, cache, origin.pin)
  return repairPackage(ctx, cache, origin.pin)
}

async function bringArchive(ctx: Ctx, cache: CachePaths, pin: RegistryPin): Promise<void> {
  const agents = createHttpAgents()
  try {
    await fetchArchive(ctx, cache, pin, agents)
  } finally {
    destroyAgents(agents)
  }
}
