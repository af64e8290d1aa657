import { readTarget } from './model-target.ts'
import type { JsonPath } from './positions.ts'
import { show } from './problems.ts'
import { plainSubdir } from './pack-origin.ts'
import { isPackName, repoName } from './repo-address.ts'
import { isStateFolder, stateRoot } from './state-folder.ts'
import { modelSchema, type RawModel, type RawPack, type RawSpec } from './schema.ts'
import { packFolder } from './unused-fields.ts'
import type { Checksum, Problem, Spec, SpecModel, SpecPack, SpecRepo } from './types.ts'

/**
 * Turn the written form into `Spec`. What needs more than one field, or the environment, is checked
 * here and becomes a problem.
 */
export function interpret(
  raw: RawSpec,
  env: Readonly<Record<string, string>>,
): { spec: Spec; problems: Problem[] } {
  const problems: Problem[] = []
  const report: Report = (path, expected, value) =>
    problems.push({ path, expected, found: show(value) })
  const id = readId(raw, report)
  const spec: Spec = {
    schema_version: 2,
    version_id: id,
    comfy: readRepo(raw.comfy),
    custom_nodes: readPacks(raw.custom_nodes ?? [], id, report),
    models: (raw.models ?? []).map((model, index) =>
      readModel(model, ['models', index], env, report),
    ),
    python_packages: (raw.python_packages ?? []).map((line) => line.trim()),
    python_overrides: (raw.python_overrides ?? []).map((line) => line.trim()),
    python_twins: raw.python_twins ?? 'one',
    env: Object.fromEntries(
      Object.entries(raw.env ?? {}).map(([key, value]) => [key, String(value)]),
    ),
    options: {
      offline: toBoolean(raw.options?.offline) ?? false,
      skip_models: toBoolean(raw.options?.skip_models) ?? false,
      // the default is not written down: locks and homes of before stay as they are
      ...(raw.options?.venv_mode === 'copies' ? { venv_mode: 'copies' } : {}),
    },
  }
  return { spec, problems }
}

/** The same for the models of a spec whose other parts are wrong: all problems at once (R7). */
export function modelProblems(value: unknown, env: Readonly<Record<string, string>>): Problem[] {
  const models =
    typeof value === 'object' && value !== null && 'models' in value ? value.models : []
  if (!Array.isArray(models)) return []
  return models.flatMap((entry: unknown, index) => {
    const problems: Problem[] = []
    const { data } = modelSchema.safeParse(entry)
    if (data !== undefined)
      readModel(data, ['models', index], env, (path, expected, found) =>
        problems.push({ path, expected, found: show(found) }),
      )
    return problems
  })
}

type Report = (path: JsonPath, expected: string, value: unknown) => void

function readId(raw: RawSpec, report: Report): string {
  const id = raw.version_id ?? raw.id
  if (id === undefined) report(['version_id'], 'a version id', id)
  if (raw.version_id !== undefined && raw.id !== undefined && raw.id !== raw.version_id)
    report(['id'], `the same as version_id, "${raw.version_id}"`, raw.id)
  return id ?? ''
}

function readRepo(raw: RawSpec['comfy']): SpecRepo {
  return { repo: raw.repo, ref: raw.ref || null, commit: raw.commit || null }
}

function readPacks(raw: readonly RawPack[], id: string, report: Report): SpecPack[] {
  const owners = new Map<string, number>()
  return raw.map((pack, index) => {
    const { name, key } = packName(pack)
    const path = ['custom_nodes', index, key]
    if (!isPackName(name)) report(path, 'a folder name inside custom_nodes', name)
    // Two entries that differ in case alone are one folder on macOS and Windows.
    const first = owners.get(name.toLowerCase())
    if (first !== undefined) report(path, `a name that custom_nodes[${first}] does not have`, name)
    owners.set(name.toLowerCase(), index)
    const state = pack.state ? plainSubdir(pack.state) : null
    if (state !== null && !isStateFolder(state, id))
      report(['custom_nodes', index, 'state'], `a folder inside ${stateRoot(id)}`, pack.state)
    return {
      repo: pack.repo || null,
      ref: pack.ref || null,
      commit: pack.commit || null,
      subdir: pack.subdir ? plainSubdir(pack.subdir) : null,
      registry: pack.registry ? { id: pack.registry, version: pack.version?.trim() || null } : null,
      name,
      install_requirements: toBoolean(pack.install_requirements) ?? true,
      state,
    }
  })
}

function packName(pack: RawPack): { name: string; key: string } {
  const { name, target_dir: dir, subdir, registry, repo } = pack
  if (name) return { name, key: 'name' }
  if (!dir && registry) return { name: registry, key: 'registry' }
  if (!dir && subdir) return { name: plainSubdir(subdir).split('/').at(-1) ?? '', key: 'subdir' }
  if (!dir) return { name: repoName(repo ?? ''), key: 'repo' }
  return { name: packFolder(dir), key: 'target_dir' }
}

function readModel(
  raw: RawModel,
  path: JsonPath,
  env: Readonly<Record<string, string>>,
  report: Report,
): SpecModel {
  const placed = readTarget(raw, env)
  if (typeof placed === 'string') {
    const key = raw.target_path ? 'target_path' : raw.path ? 'path' : 'target_subdir'
    report([...path, key], placed, raw[key])
  }
  const { target, name } =
    typeof placed === 'string'
      ? { target: { root: 'models' as const, dir: '' }, name: null }
      : placed
  return {
    source: raw.source,
    name: raw.name || name,
    target,
    checksum: readChecksum(raw.checksum),
  }
}

function readChecksum(text: string | null | undefined): Checksum | null {
  if (!text) return null
  const [first, second] = text.toLowerCase().split(':')
  if (second === undefined) return { algorithm: 'sha256', hex: first ?? '' }
  return { algorithm: first === 'md5' ? 'md5' : 'sha256', hex: second }
}

function toBoolean(value: boolean | number | string | null | undefined): boolean | null {
  if (value === null || value === undefined) return null
  return ['1', 'true'].includes(String(value).toLowerCase())
}
