import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Ctx } from '../../core/context.ts'
import { ComfypinError, isComfypinError } from '../../core/errors.ts'
import { withoutLogin } from '../../git/address.ts'
import { hasFolder, type CheckoutPaths } from '../../platform/checkout-tree.ts'
import type { JobPack, RealizeJob } from '../job.ts'
import { ensureTree, missingFiles, repairTree, type Origin } from '../origin.ts'
import type { CheckoutStep } from '../step.ts'
import { dropSeal, renewSeal } from '../checkout-seal.ts'
import { dropCompiledMarks } from './bytecode.ts'

/** What this step needs of a realize; whoever brings packs alone has no core. */
export type CheckoutJob = Pick<RealizeJob, 'packs' | 'cache' | 'offline'> & {
  core: RealizeJob['core'] | null
}

/**
 * Make the tree of the core or of a pack. Failures name the pack they belong to (R43).
 * @returns true when something was made
 * @throws PACK_MISSING, PACK_FOLDER_MISSING; for the core what git says, and GIT_LFS_MISSING
 */
export async function makeCheckout(
  ctx: Ctx,
  job: CheckoutJob,
  step: CheckoutStep,
): Promise<boolean> {
  const own = job.packs.find(({ pack }) => pack.name === step.pack) ?? null
  const checkout = step.pack === null ? job.core : (own?.checkout ?? null)
  const origin = step.pack === null ? job.core?.origin : own?.origin
  if (checkout === null || !origin)
    throw new ComfypinError('INTERNAL', { reason: `${step.id} has no origin` })
  try {
    const isNew = await make(withOffline(ctx, job), job, step, origin)
    if (own !== null) requireFolder(own)
    tellMissing(ctx, step, checkout)
    return isNew
  } catch (error) {
    if (step.pack === null || !isComfypinError(error) || isOwn(error)) throw error
    const params = { name: step.pack, repo: originText(step), reason: error.message }
    throw new ComfypinError('PACK_MISSING', params, { cause: error })
  }
}

/** Failures that say all there is to say. */
function isOwn({ code, exitCode }: ComfypinError): boolean {
  return exitCode === 130 || code === 'DISK_WRITE' || code === 'PACK_FOLDER_MISSING'
}

/** The spec may ask for it as well as the settings. */
function withOffline(ctx: Ctx, { offline }: CheckoutJob): Ctx {
  return { ...ctx, settings: { ...ctx.settings, offline } }
}

function originText({ repo, registry }: CheckoutStep): string {
  return registry === null ? (repo ?? '') : `registry:${registry.id}@${registry.version ?? '?'}`
}

async function make(
  ctx: Ctx,
  job: CheckoutJob,
  { action, path }: CheckoutStep,
  origin: Origin,
): Promise<boolean> {
  const packs = job.packs.flatMap(({ checkout }) => (checkout?.tree === path ? [checkout] : []))
  if (action !== 'repair') {
    const isNew = await ensureTree(ctx, job.cache, origin)
    // a file that took the place of its pointer is nothing that a pack wrote
    if (isNew) packs.forEach(renewSeal)
    return isNew
  }
  const done = await repairTree(ctx, job.cache, origin)
  if (done === null) return false
  dropCompiledMarks(path)
  packs.forEach(dropSeal)
  const files = some(done.changed)
  ctx.emit({ type: 'warning', code: 'CHECKOUT_REPAIRED', params: { path, files, kept: done.kept } })
  return true
}

function requireFolder({ pack, checkout }: JobPack): void {
  if (pack.subdir === null || checkout === null || hasFolder(checkout)) return
  throw new ComfypinError('PACK_FOLDER_MISSING', {
    name: pack.name,
    repo: withoutLogin(pack.repo ?? ''),
    subdir: pack.subdir,
    known: foldersNear(checkout.tree, pack.subdir).slice(0, 12).join(', ') || 'no folders',
  })
}

/** Folders of the deepest part of the path that exists. */
function foldersNear(tree: string, subdir: string): string[] {
  const parts = subdir.split('/').slice(0, -1)
  while (parts.length > 0 && !isFolder(join(tree, ...parts))) parts.pop()
  return readdirSync(join(tree, ...parts), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map((entry) => [...parts, entry.name].join('/'))
    .toSorted()
}

function isFolder(path: string): boolean {
  return existsSync(path) && statSync(path).isDirectory()
}

/** A pack can do without its example images; nobody knows what a core lacks. */
function tellMissing(ctx: Ctx, step: CheckoutStep, checkout: CheckoutPaths): void {
  const missing = missingFiles(checkout)
  const reason = missing[0]?.reason
  if (reason === undefined) return
  const files = some(missing.map(({ path }) => path))
  if (step.pack === null)
    throw new ComfypinError('GIT_LFS_MISSING', { repo: step.repo ?? '', files, reason })
  const params = { name: step.pack, files, reason }
  ctx.emit({ type: 'warning', code: 'PACK_LFS_MISSING', params })
}

function some(names: readonly string[]): string {
  return names.slice(0, 5).join(', ') + (names.length > 5 ? ', …' : '')
}
