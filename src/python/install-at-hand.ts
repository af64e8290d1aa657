import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Ctx } from '../core/context.ts'
import { installedPackages } from './installed-packages.ts'
import { ownersIn } from './owners-in.ts'
import { ban, overrideArguments } from './overrides.ts'
import { requirementName } from './package-names.ts'
import { writeSources } from './requirement-files.ts'
import { runUv } from './run-uv.ts'
import { withStaging } from './staging.ts'
import { twinsAtHand } from './twins.ts'
import type { LockedPackage, Owner, RequirementSource, Uv } from './types.ts'
import { unavailablePackage } from './uv-failure.ts'
import type { Venv } from './venv-state.ts'
import { wheelArguments } from './wheel-arguments.ts'

export interface AtHandRequest {
  venv: Venv
  sources: readonly RequirementSource[]
  /** The spec's `python_overrides`. */
  overrides: readonly string[]
  /** Exact versions to hold to; empty where no lock fits. */
  locked: readonly LockedPackage[]
}

/** A package that is neither installed nor in any cache. */
export interface MissingPackage {
  /** As it was asked for: `name>=2`, or the locked `name==2.1`. */
  requirement: string
  owners: Owner[]
}

/** More than any version has packages: the loop below takes one off each time. */
const MAX_MISSING = 1000

/**
 * Offline, without an answer for everything: install what caches and wheel folders have, and leave
 * alone what is installed. Nothing is removed. uv names one package that is not to be had; it is
 * ruled out, and uv asked again.
 * @returns what is missing; null when uv fails for another reason
 */
export async function installAtHand(
  ctx: Ctx,
  uv: Uv,
  request: AtHandRequest,
): Promise<MissingPackage[] | null> {
  const { venv, sources } = request
  const installed = installedPackages(venv.sitePackages).map(({ name }) => name)
  const twins = twinsAtHand(installed, sources, request.overrides)
  const missing: MissingPackage[] = []
  return withStaging(ctx, 'at-hand', async (dir) => {
    const argsFor = installArguments(ctx, dir, request)
    const ruledOut = new Set<string>()
    while (ruledOut.size < MAX_MISSING) {
      const own = request.overrides.filter((line) => !ruledOut.has(requirementName(line) ?? ''))
      const lines = [...own, ...[...ruledOut].map(ban)]
      const args = argsFor(ruledOut, overrideArguments(ctx, dir, { lines, twins }))
      const { exitCode, stderr } = await runUv(ctx, uv, args, { cwd: dir, offline: true })
      if (exitCode === 0) return missing
      const name = unavailablePackage(stderr)
      if (name === null || ruledOut.has(name)) return null
      ruledOut.add(name)
      missing.push({
        requirement: requirementOf(name, request),
        owners: ownersIn(stderr, sources),
      })
    }
    return null
  })
}

function installArguments(ctx: Ctx, dir: string, { venv, sources, locked }: AtHandRequest) {
  const files = writeSources(dir, sources)
  const constraints = files.flatMap((file) => (file.constraints === null ? [] : [file.constraints]))
  const pins = 'locked.txt'
  return (ruledOut: ReadonlySet<string>, overrides: readonly string[]): string[] => {
    const held = locked.filter(({ name, version }) => version !== null && !ruledOut.has(name))
    writeFileSync(join(dir, pins), held.map((one) => `${one.name}==${one.version}\n`).join(''))
    return [
      ...['pip', 'install', '--python', venv.python, '--no-compile-bytecode'],
      ...wheelArguments(ctx),
      ...overrides,
      ...[...constraints, pins].flatMap((file) => ['-c', file]),
      ...files.flatMap(({ name }) => ['-r', name]),
    ]
  }
}

function requirementOf(name: string, { sources, locked }: AtHandRequest): string {
  const pin = locked.find((one) => one.name === name)
  if (pin?.version != null) return `${name}==${pin.version}`
  const lines = sources.flatMap((source) => source.lines)
  return lines.find((line) => requirementName(line) === name) ?? name
}
