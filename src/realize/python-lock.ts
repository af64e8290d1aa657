import { createHash } from 'node:crypto'
import * as z from 'zod'
import type { Settings } from '../core/settings.ts'
import { readTextIfExists, writeAtomic } from '../platform/files.ts'
import { cachePaths, homeOf, homePaths } from '../platform/paths.ts'
import { pylockFits } from '../python/pylock.ts'
import type { AppliedOverride } from '../python/types.ts'
import { parseJson } from '../spec/parse-entries.ts'
import { pythonInputs, type RealizeJob } from './job.ts'
import type { ScriptRequirements } from './step.ts'

/**
 * The Python lock of a version starts with a comment that says what it was made from, so that
 * nothing has to be resolved to see that it still holds.
 */
export function lockHeader(
  job: RealizeJob,
  twins: readonly AppliedOverride[],
  scripts: readonly ScriptRequirements[],
): string {
  return [
    inputsLine(job),
    ...scripts.map(
      ({ pack, requirements }) => `${SCRIPTS}${JSON.stringify([pack, ...requirements])}\n`,
    ),
    ...twins.map(({ kept, removed }) => `${TWINS}${kept} <- ${removed.join(', ')}\n`),
  ].join('')
}

function inputsLine(job: RealizeJob): string {
  return `# comfypin inputs ${pythonInputs(job)}\n`
}

const TWINS = '# comfypin twins '
const SCRIPTS = '# comfypin install.py '

/** Packages that a Python lock reduced to one, for the plan. */
export function twinsOf(text: string): AppliedOverride[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith(TWINS))
    .map((line) => {
      const [kept = '', removed = ''] = line.slice(TWINS.length).split(' <- ')
      return { kept, removed: removed.split(', ') }
    })
}

/** What install scripts of packs added to the requirements of a Python lock, for people. */
export function scriptsOf(text: string): ScriptRequirements[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith(SCRIPTS))
    .flatMap((line) => {
      const words = scriptWords.safeParse(parseJson(line.slice(SCRIPTS.length))).data ?? []
      const [pack, ...requirements] = words
      return pack === undefined ? [] : [{ pack, requirements }]
    })
}

const scriptWords = z.array(z.string())

/**
 * The Python lock when it still holds for this machine.
 * @param pythonVersion of the venv; null when there is none yet: any version counts then
 */
export function currentPythonLock(job: RealizeJob, pythonVersion: string | null): string | null {
  const text = pylockText(job)
  return text?.startsWith(inputsLine(job)) && pylockFits(text, pythonVersion) ? text : null
}

/** The exact packages of a version: its Python lock, or, when that is lost with the cache, its venv's. */
export function findPylock(settings: Settings, id: string): string | null {
  const home = homePaths(homeOf(settings, id))
  return pylockText({ id, cache: cachePaths(settings.cacheRoot), home })
}

/** A lock that was lost is put back before anything looks for it (R32). */
export function recallPylock({ id, cache, home }: PylockPlaces): void {
  const kept = readTextIfExists(home.pylock)
  if (kept !== null && readTextIfExists(cache.pylock(id)) === null)
    writeAtomic(cache.pylock(id), kept)
}

/** The venv remembers what it was made from. */
export function keepPylock({ id, cache, home }: PylockPlaces): void {
  const text = readTextIfExists(cache.pylock(id))
  if (text !== null && text !== readTextIfExists(home.pylock)) writeAtomic(home.pylock, text)
}

type PylockPlaces = Pick<RealizeJob, 'id' | 'cache' | 'home'>

function pylockText({ id, cache, home }: PylockPlaces): string | null {
  return readTextIfExists(cache.pylock(id)) ?? readTextIfExists(home.pylock)
}

/** What an import failure depends on besides the pack itself: the core and the exact packages. */
export function checkContext(job: RealizeJob, pythonLock: string): string {
  return createHash('sha256').update(job.core.commit).update(pythonLock).digest('hex')
}
