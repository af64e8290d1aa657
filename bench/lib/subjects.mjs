import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createArea } from './area.mjs'
import { standinCore } from './fixtures.mjs'

/**
 * The cores that a row runs on: the stand-in always, and with --comfyui the real one.
 * Each is `{ name, slug, spec }`.
 */
export async function subjectsOf(bench) {
  const standin = {
    name: 'stand-in core',
    slug: 'standin',
    spec: { comfy: await standinCore(bench) },
  }
  if (bench.comfyui === null) return [standin]
  const { repo, ref, packages } = bench.comfyui
  const comfy = ref === null ? { repo } : { repo, [isCommit(ref) ? 'commit' : 'ref']: ref }
  return [standin, { name: 'ComfyUI', slug: 'comfyui', spec: { comfy, python_packages: packages } }]
}

/** A realized version of a subject, which rows share; it is as they found it when they are done. */
export function realizedArea(bench, subject) {
  const { slug, spec } = subject
  return bench.once(`area-${slug}`, async () => {
    const area = createArea(bench, `realized-${slug}`)
    area.writeSpec(SHARED_ID, spec)
    await area.ask('realize', SHARED_ID)
    noteVersion(bench, subject, area.home(SHARED_ID))
    return area
  })
}

/** Puts what a real ComfyUI says of itself among the versions of the table. */
export function noteVersion(bench, { name, slug, spec }, home) {
  if (slug === 'standin') return
  const { core } = JSON.parse(readFileSync(join(home, '.comfypin.json'), 'utf8'))
  const source = readFileSync(join(core.checkout, 'comfyui_version.py'), 'utf8')
  const version = /__version__ = "(.+)"/.exec(source)?.[1] ?? '?'
  bench.peers.versions[name] = [version, ...spec.python_packages].join(', ')
}

/** The version's id in a `realizedArea`. */
export const SHARED_ID = 'version'

function isCommit(text) {
  return /^[0-9a-f]{40}$/.test(text)
}
