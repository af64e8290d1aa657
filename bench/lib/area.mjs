import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { capture, timed } from './process.mjs'

/**
 * One installation of comfypin's data: specs, caches, models and homes below one new folder.
 * @param isCold it also has a cache of uv of its own, where nothing is yet
 */
export function createArea(bench, name, { isCold = false } = {}) {
  const dir = join(bench.work.run, name)
  const at = {
    versions: join(dir, 'versions'),
    cache: join(dir, 'cache'),
    models: join(dir, 'models'),
    builds: join(dir, 'builds'),
  }
  for (const path of Object.values(at)) mkdirSync(path, { recursive: true })
  const folders = {
    COMFY_VERSIONS_DIR: at.versions,
    COMFY_CACHE_ROOT: at.cache,
    MODELS_DIR: at.models,
    COMFY_BUILDS_ROOT: at.builds,
    ...(isCold ? { UV_CACHE_DIR: join(at.cache, 'uv') } : {}),
  }
  const env = { ...bench.env, ...folders }
  return {
    ...at,
    dir,
    env,
    home: (id) => join(at.builds, `comfy-${id}`),
    command: bench.product.command,
    /** A command about version `id` for the table, with its long paths named. */
    show: (argv, id) =>
      bench.show(
        argv.map((word) =>
          word
            .replaceAll(join(at.builds, `comfy-${id}`), '<home>')
            .replace(/^.*\/checkouts\/.*\/main\.py$/, '<core>/main.py'),
        ),
      ),
    writeSpec: (id, spec) =>
      writeFileSync(
        join(at.versions, `${id}.json`),
        `${JSON.stringify({ schema_version: 2, version_id: id, ...spec }, null, 2)}\n`,
      ),
    /** Set-up: may go online. Returns the command's answer. */
    ask: async (...args) => {
      const argv = bench.product.command(...args, '--json')
      const { stdout } = await capture(argv, { env: { ...bench.onlineEnv, ...folders }, cwd: dir })
      return JSON.parse(stdout).data
    },
    /** Milliseconds of a command. */
    time: (...args) => timed(bench.product.command(...args), { env, cwd: dir }),
  }
}
