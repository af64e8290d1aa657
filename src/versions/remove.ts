import { basename } from 'node:path'
import type { Ctx } from '../core/context.ts'
import { ComfypinError } from '../core/errors.ts'
import { ignoreEvents } from '../core/events.ts'
import { normalizeName, requirementName } from '../python/package-names.ts'
import { assignTargets } from '../resolve/model-targets.ts'
import { loadSpec } from '../resolve/load-spec.ts'
import { repoName } from '../spec/repo-address.ts'
import type { Spec } from '../spec/types.ts'
import type { SpecEdit } from '../spec/write-edits.ts'
import {
  saveEdited,
  withSpecLock,
  type EditDone,
  type EditOptions,
  type EditResult,
} from './edit-save.ts'

/**
 * Take packs, models, packages and variables out of a spec by name; the rest of the file stays as it
 * is. `pack:`, `model:`, `package:` and `env:` before a name say which kind is meant.
 * @throws SPEC_NOT_FOUND, SPEC_INVALID, NAME_UNKNOWN, NAME_SHARED
 */
export function removeFromVersion(
  ctx: Ctx,
  id: string,
  names: readonly string[],
  options: EditOptions,
): Promise<EditResult> {
  return withSpecLock(ctx, id, options, () => removeNames(ctx, id, names, options))
}

async function removeNames(
  ctx: Ctx,
  id: string,
  names: readonly string[],
  options: EditOptions,
): Promise<EditResult> {
  const before = loadSpec({ ...ctx, emit: ignoreEvents }, { id, path: null })
  const found = new Set(findItems(id, itemsOf(before.spec), names))
  // from the end, so that earlier places stay what they are
  const edits = [...found].toReversed().map(({ path }): SpecEdit => ({ kind: 'remove', path }))
  const saved = await saveEdited(ctx, before, edits, options)
  return {
    version_id: id,
    file: before.file,
    dry_run: options.dryRun,
    edits: [...found].map(({ part, name }): EditDone => ({ part, name, action: 'removed' })),
    ...saved,
  }
}

interface Item {
  part: EditDone['part']
  name: string
  /** Everything that it answers to. */
  names: readonly string[]
  path: SpecEdit['path']
}

/** In the order of the file. */
function itemsOf({ custom_nodes: packs, models, python_packages: lines, env }: Spec): Item[] {
  return [
    ...packs.map(({ name, repo, registry }, at): Item => {
      const origin = repo === null ? [registry?.id ?? name] : [repoName(repo), repo]
      const names = [name, ...origin]
      return { part: 'pack', name, names, path: ['custom_nodes', at] }
    }),
    ...models.map((model, at): Item => {
      const target = assignTargets([model]).models[0]?.target_path ?? model.source
      const names = [target, basename(target), model.source]
      return { part: 'model', name: target, names, path: ['models', at] }
    }),
    ...lines.map((line, at): Item => {
      const name = requirementName(line) ?? line
      return { part: 'package', name, names: [name, line], path: ['python_packages', at] }
    }),
    ...Object.keys(env).map((name): Item => ({
      part: 'env',
      name,
      names: [name],
      path: ['env', name],
    })),
  ]
}

/** In the order of the file, whatever order they were asked for in. */
function findItems(id: string, items: readonly Item[], names: readonly string[]): Item[] {
  const matches = names.map((name) => ({
    name,
    found: items.filter((item) => answers(item, name)),
  }))
  const unknown = matches.filter(({ found }) => found.length === 0)
  if (unknown.length > 0)
    throw new ComfypinError('NAME_UNKNOWN', {
      id,
      names: unknown.map(({ name }) => `"${name}"`).join(', '),
      known: items.map(labelOf).join(', ') || '-',
    })
  const shared = matches.find(({ found }) => found.length > 1)
  if (shared !== undefined)
    throw new ComfypinError('NAME_SHARED', {
      name: shared.name,
      known: shared.found.map(labelOf).join(', '),
    })
  return items.filter((item) => matches.some(({ found }) => found.includes(item)))
}

function answers({ part, names }: Item, wanted: string): boolean {
  const [, kind, rest] = /^(pack|model|package|env):(.+)$/s.exec(wanted) ?? []
  if (kind !== undefined && kind !== part) return false
  const name = rest ?? wanted
  if (part === 'package') return names.includes(name) || names.includes(normalizeName(name))
  return names.includes(name)
}

function labelOf({ part, name }: Item): string {
  return `${part}:${name}`
}
