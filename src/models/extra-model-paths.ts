import { isAbsolute, join } from 'node:path'
import { ComfypinError } from '../core/errors.ts'
import { modelCategories, standardModelFolders } from './folders.ts'

/** Read by ComfyUI's loader as options, or as a place of code to run: never a folder of models. */
const RESERVED = new Set(['base_path', 'is_default', 'custom_nodes'])

export interface ExtraModelPaths {
  /** Absolute. */
  readonly modelsDir: string
  /** Top folders that the version's models use; those that ComfyUI does not know are added. */
  readonly folders: readonly string[]
}

/**
 * The text of `extra_model_paths.yaml`: every category of ComfyUI and every other folder in use,
 * below one model store (R45, R50).
 *
 * What `utils/extra_config.py` does decides the form: there is no `base_path`, because `~` and `$`
 * in it are expanded; every value is a string with one absolute path per line; with `is_default`
 * each line is put before the earlier ones, so the folder to be searched first stands last.
 * @throws PATH_UNSAFE for a path with a line break, which the loader would cut in two
 */
export function extraModelPathsYaml({ modelsDir, folders }: ExtraModelPaths): string {
  const known = new Set(standardModelFolders)
  const others = [...new Set(folders)].filter((folder) => !known.has(folder) && isFolder(folder))
  const categories: [string, readonly string[]][] = [
    ...Object.entries(modelCategories),
    ...others.toSorted().map((folder): [string, string[]] => [folder, [folder]]),
  ]
  const lines = categories.map(
    ([category, names]) => `  ${keyText(category)}: ${pathsText(modelsDir, names)}`,
  )
  return [
    '# made by comfypin; changes are lost',
    'comfypin:',
    '  is_default: true',
    ...lines,
    '',
  ].join('\n')
}

function isFolder(name: string): boolean {
  return name !== '' && !name.startsWith('.') && !name.includes('/') && !RESERVED.has(name)
}

function keyText(name: string): string {
  return /^[a-z][a-z0-9_]*$/i.test(name) && !/^(?:y|n|yes|no|on|off|true|false|null)$/i.test(name)
    ? name
    : quote(name)
}

function pathsText(modelsDir: string, names: readonly string[]): string {
  const paths = names.map((name) => join(modelsDir, name))
  const unsafe = paths.find((path) => /[\n\r\0]/.test(path) || !isAbsolute(path))
  if (unsafe !== undefined)
    throw new ComfypinError('PATH_UNSAFE', { path: unsafe, root: modelsDir })
  return quote(paths.toReversed().join('\n'))
}

/** A double-quoted YAML scalar; everything but plain letters, digits and ASCII is escaped. */
function quote(text: string): string {
  const escaped = text.replace(/["\\]|[^\x20-\x7e\p{L}\p{N}]/gu, (character) => {
    if (character === '\n') return '\\n'
    if (character === '"' || character === '\\') return `\\${character}`
    return `\\U${(character.codePointAt(0) ?? 0).toString(16).padStart(8, '0')}`
  })
  return `"${escaped}"`
}
