import { mkdirSync } from 'node:fs'
import { createCtx } from './ctx.mjs'

/** comfypin's git functions for one repository and one cache, with the settings of the benchmark. */
export async function createGitArea(bench, cacheRoot, url) {
  const product = await bench.product.internals()
  const ctx = await createCtx(bench, cacheRoot)
  const cache = product.cachePaths(cacheRoot)
  const address = product.parseAddress(url, '/')
  mkdirSync(cache.tmp, { recursive: true })
  return {
    /** Make the tree of a commit, or find it. */
    checkout: (commit) => product.ensureCheckout(ctx, cache, address, commit),
    /** Bring the objects of a commit, without its tree. */
    fetch: (commit) =>
      product.fetchCommit(ctx, product.storeDir(cache.git, address), cache.tmp, address, commit),
  }
}
