import { requirementName } from '../python/package-names.ts'
import type { SpecDraft } from '../spec/draft.ts'
import { isRecord } from '../spec/parse-entries.ts'
import type { RawEntry } from '../spec/parse-pack-argument.ts'
import { repoName } from '../spec/repo-address.ts'

/** What flags and side files give, ready to stand in a spec. */
export interface WrittenParts {
  custom_nodes: readonly RawEntry[]
  models: readonly RawEntry[]
  python_packages: readonly string[]
  env: Readonly<Record<string, string>>
}

/**
 * The written form of a new spec: what the base has, with the flags over it. A pack of the same name,
 * a model of the same source, a package of the same name and a variable take the place of the base's.
 * @param base of `--json-spec` or a draft; other keys of it are kept, and the parser warns of them
 */
export function buildSpec(
  id: string,
  base: RawEntry | SpecDraft['spec'],
  core: RawEntry | null,
  parts: WrittenParts,
): RawEntry {
  const { id: _, ...kept }: RawEntry = { ...base }
  return {
    ...kept,
    schema_version: 2,
    version_id: id,
    ...(core === null ? {} : { comfy: core }),
    custom_nodes: merge(kept['custom_nodes'], parts.custom_nodes, packKey),
    models: merge(kept['models'], parts.models, modelKey),
    python_packages: merge(kept['python_packages'], parts.python_packages, packageKey),
    env: mergeEnv(kept['env'], parts.env),
  }
}

/** What makes two packs one: the folder that they would share. null: not to be told. */
export function packKey(pack: unknown): string | null {
  if (!isRecord(pack)) return null
  const { name, target_dir: dir, subdir, repo, registry } = pack
  const folder = typeof dir === 'string' ? repoName(dir) : null
  const origin = typeof subdir === 'string' && subdir !== '' ? subdir : repo
  const own = typeof origin === 'string' ? repoName(origin) : null
  const found = [name, folder, own, registry].find((one) => typeof one === 'string' && one !== '')
  return typeof found === 'string' ? found.toLowerCase() : null
}

export function modelKey(model: unknown): string | null {
  const source = isRecord(model) ? model['source'] : null
  return typeof source === 'string' ? source : null
}

export function packageKey(line: unknown): string | null {
  return typeof line === 'string' ? requirementName(line.trim()) : null
}

/** A part that is no list stays as it is, so that the parser can say so. */
function merge(
  base: unknown,
  added: readonly unknown[],
  keyOf: (value: unknown) => string | null,
): unknown {
  if (base !== undefined && base !== null && !Array.isArray(base)) return base
  const before: readonly unknown[] = base ?? []
  const taken = new Set(added.map(keyOf).filter((key) => key !== null))
  return [...before.filter((value) => !taken.has(keyOf(value) ?? '')), ...added]
}

function mergeEnv(base: unknown, added: Readonly<Record<string, string>>): unknown {
  if (base === undefined || base === null) return added
  return isRecord(base) ? { ...base, ...added } : base
}
