/** What every function of comfypin gets first. */
export async function createCtx(bench, cacheRoot) {
  const { parseSettings, systemClock } = await bench.product.internals()
  const settings = parseSettings(bench.env, { cacheRoot })
  return { emit: () => {}, signal: new AbortController().signal, settings, clock: systemClock }
}
