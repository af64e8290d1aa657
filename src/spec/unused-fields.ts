import { readTarget } from './model-target.ts'
import type { JsonPath } from './positions.ts'
import type { RawModel, RawPack, RawSpec } from './schema.ts'

/** A field that another one overrules. */
export interface UnusedField {
  path: JsonPath
  /** Key of the field that counts. */
  winner: string
}

/**
 * Fields that say something else than a field that wins over them: nothing accepted is dropped without
 * a word (R13). Older spellings stand beside the new ones in many specs, mostly with the same meaning.
 */
export function unusedFields(raw: RawSpec, env: Readonly<Record<string, string>>): UnusedField[] {
  return [
    ...(raw.custom_nodes ?? []).flatMap((pack, index) =>
      unusedOfPack(pack).map(({ key, winner }) => ({
        path: ['custom_nodes', index, key],
        winner,
      })),
    ),
    ...(raw.models ?? []).flatMap((model, index) =>
      unusedOfModel(model, env).map(({ key, winner }) => ({
        path: ['models', index, key],
        winner,
      })),
    ),
  ]
}

interface Overruled {
  key: string
  winner: string
}

function unusedOfPack({ name, target_dir: dir }: RawPack): Overruled[] {
  return name && dir && packFolder(dir) !== name ? [{ key: 'target_dir', winner: 'name' }] : []
}

/** `custom_nodes/Pack/` → `Pack` */
export function packFolder(targetDir: string): string {
  return targetDir.replace(/^(?:\.\/)?(?:custom_nodes\/)?/, '').replace(/\/+$/, '')
}

function unusedOfModel(model: RawModel, env: Readonly<Record<string, string>>): Overruled[] {
  const winner = model.target_path ? 'target_path' : model.path ? 'path' : 'target_subdir'
  const wins = readTarget(model, env)
  if (typeof wins === 'string') return []
  const place = (fields: Parameters<typeof readTarget>[0]) =>
    JSON.stringify(readTarget(fields, env))
  const { path, target_subdir: subdir, name } = model
  const folder = JSON.stringify({ target: wins.target, name: null })
  return [
    ...(winner === 'target_path' && path && place({ path }) !== JSON.stringify(wins)
      ? [{ key: 'path', winner }]
      : []),
    ...(winner !== 'target_subdir' && subdir && place({ target_subdir: subdir }) !== folder
      ? [{ key: 'target_subdir', winner }]
      : []),
    ...(name && wins.name !== null && wins.name !== name ? [{ key: winner, winner: 'name' }] : []),
  ]
}
