import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Ctx } from '../core/context.ts'
import { environmentLine, minorOf } from './pylock.ts'
import type { PythonInterpreter } from './types.ts'

/** The folder that stands for "wherever the wheels are on this machine". */
const WHEELS = 'find-links'

/**
 * What uv wrote, without paths of this machine and open to every patch release of its Python.
 * Wheels of `--wheels-dir` and UV_FIND_LINKS, which uv notes as `file:///…`, are kept by name and
 * hash; files of the cache (wheels inside packs) become relative to the lock's folder.
 */
export function toPortable(ctx: Ctx, text: string, python: PythonInterpreter): string {
  const local = wheelDirs(ctx).reduce(
    (out, dir) => out.replaceAll(wheelsIn(dir), (_, name: string) => inWheels(name)),
    text,
  )
  return local
    .replaceAll(inCache(ctx), IN_CACHE)
    .replace(
      /^requires-python = .*$/m,
      `requires-python = ">=${minorOf(python.version)}"\n${environmentLine(python)}`,
    )
}

/** The lock for uv on this machine; `missing` are wheels that no folder has. */
export function toLocal(ctx: Ctx, text: string): { text: string; missing: string[] } {
  const dirs = wheelDirs(ctx)
  const missing: string[] = []
  const local = text.replaceAll(PORTABLE_WHEEL, (portable, name: string) => {
    const path = dirs.map((dir) => join(dir, name)).find((file) => existsSync(file))
    if (path !== undefined) return `url = "${pathToFileURL(path).href}"`
    missing.push(name)
    return portable
  })
  return { text: local.replaceAll(IN_CACHE, inCache(ctx)), missing }
}

/** Local folders of wheels: `--wheels-dir`, else what the user told uv (comma-separated). */
export function wheelDirs(ctx: Ctx): string[] {
  const { wheelsDir, env } = ctx.settings
  if (wheelsDir !== null) return [wheelsDir]
  const given = (env.UV_FIND_LINKS ?? '').split(',').map((part) => part.trim())
  return given.filter((part) => part !== '' && !part.includes('://')).map((part) => resolve(part))
}

const IN_CACHE = 'path = "../'

function inCache(ctx: Ctx): string {
  return `path = "${ctx.settings.cacheRoot}/`
}

const PORTABLE_WHEEL = new RegExp(`path = "${WHEELS}/([^"/\\\\]+)"`, 'g')

function wheelsIn(dir: string): RegExp {
  const prefix = pathToFileURL(dir).href.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  return new RegExp(`url = "${prefix}/+([^"/]+)"`, 'g')
}

function inWheels(encoded: string): string {
  return `path = "${WHEELS}/${decodeURIComponent(encoded)}"`
}
