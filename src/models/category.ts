import type { LockModel } from '../spec/types.ts'
import { modelCategories } from './folders.ts'

const BY_FOLDER: ReadonlyMap<string, string> = new Map(
  Object.entries(modelCategories).flatMap(([category, folders]) =>
    folders.map((folder) => [folder, category] as const),
  ),
)

/**
 * ComfyUI's name for the kind of a model: that of the folder of the store it lies in; a folder that
 * ComfyUI does not know is a category of its own. null for what lies in no folder, or in a home.
 */
export function categoryOf({ root, target_path }: Pick<LockModel, 'root' | 'target_path'>) {
  const slash = target_path.indexOf('/')
  if (root === 'home' || slash < 0) return null
  const folder = target_path.slice(0, slash)
  return BY_FOLDER.get(folder) ?? folder
}
