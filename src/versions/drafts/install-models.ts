import { pathToFileURL } from 'node:url'
import { readPlace, checksumOf } from '../../spec/importers/foreign-model.ts'
import { joinParts, note, type DraftPart } from '../../spec/importers/draft-parts.ts'
import { describe } from '../../spec/importers/shape.ts'
import { createOrigins } from './model-origin.ts'
import type { ModelRoot } from './model-roots.ts'
import type { ModelOrigin } from './types.ts'
import { isModelName, walkModels, type FoundFile } from './walk-models.ts'

export interface ModelOptions {
  /** Take files of unknown origin from where they lie (`file:`), which only this machine can. */
  localModels: boolean
}

/**
 * The models of an install, each with where it came from; nothing is read but names and sidecars.
 * @param options.shipped files that ComfyUI's own repository has in its folders of models
 */
export function modelsPart(
  roots: readonly ModelRoot[],
  options: ModelOptions & { shipped: readonly string[] },
): DraftPart {
  const originOf = createOrigins()
  const shipped = new Set(options.shipped)
  const visited = new Set<string>()
  return joinParts(
    roots.map(({ category, dir }) => {
      const { files, brokenLinks, cut } = walkModels(dir, visited)
      const others: FoundFile[] = []
      const parts = files.map((file) => {
        if (shipped.has(file.path)) return {}
        const origin = originOf(file)
        if (origin === null && !isModelName(file.path)) {
          if (!isSidecar(file.path)) others.push(file)
          return {}
        }
        return modelPart(`models/${category}/${file.relative}`, file, origin, options)
      })
      return joinParts([
        ...parts,
        ...brokenLinks.map((path) => note('LINK_BROKEN', path, category)),
        others.length === 0
          ? {}
          : note('FOLDER_NOT_MODELS', dir, describe(others.map((file) => file.relative))),
        cut ? note('TOO_MANY_FILES', dir, String(files.length)) : {},
      ])
    }),
  )
}

function modelPart(
  path: string,
  file: FoundFile,
  origin: ModelOrigin | null,
  { localModels }: ModelOptions,
): DraftPart {
  const place = readPlace(path)
  if (place === null) return note('VALUE_REFUSED', path, file.path)
  const source = origin?.source ?? (localModels ? pathToFileURL(file.path).href : null)
  if (source === null) return note('MODEL_SOURCE_UNKNOWN', path, `${file.size} ${file.path}`)
  return { models: [{ source, ...place, ...checksumOf(origin?.sha256) }] }
}

/** What ComfyUI ships in its folders, and what other tools put beside models. */
function isSidecar(path: string): boolean {
  return /(?:^|\/)put_[^/]*_here$|\.(?:civitai\.info|metadata\.json|cm-info\.json|preview\.\w+|png|jpe?g|webp|gif|mp4|html|md|sha256)$/i.test(
    path,
  )
}
