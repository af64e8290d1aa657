import { homedir } from 'node:os'
import { dirname, isAbsolute, join, resolve } from 'node:path'
import { parseYaml } from '../../platform/parse-yaml.ts'
import { expandHome } from '../../platform/settings.ts'
import { namesOrNone, readSmallText } from '../../platform/small-files.ts'
import { joinParts, note, type DraftPart } from '../../spec/importers/draft-parts.ts'
import { describe } from '../../spec/importers/shape.ts'

/** A folder whose files ComfyUI knows as one category of models. */
export interface ModelRoot {
  /** Below `models/`: `checkpoints`, `loras`. */
  category: string
  dir: string
}

export interface ModelRoots {
  roots: ModelRoot[]
  /** Further folders of packs. */
  customNodes: string[]
  part: DraftPart
}

/** `models/*` of an install and what its `extra_model_paths.yaml` adds (formats.md D3). */
export async function findModelRoots(base: string): Promise<ModelRoots> {
  const models = join(base, 'models')
  const own = namesOrNone(models)
    .filter((name) => !name.startsWith('.'))
    .map((name) => ({ category: name, dir: join(models, name) }))
  const file = join(base, 'extra_model_paths.yaml')
  const text = readSmallText(file, MAX_BYTES)
  const extra = text === null ? NOTHING : await readExtraPaths(text, file)
  return { ...extra, roots: [...own, ...extra.roots] }
}

const MAX_BYTES = 1024 * 1024
const NOTHING: ModelRoots = { roots: [], customNodes: [], part: {} }

/** `utils/extra_config.py` of ComfyUI: any root key, `base_path`, values with one path per line. */
async function readExtraPaths(text: string, file: string): Promise<ModelRoots> {
  const document = await parseOrNull(text)
  if (!isRecord(document))
    return { ...NOTHING, part: note('VALUE_REFUSED', 'extra_model_paths.yaml', file) }
  const sections = Object.entries(document).map(([name, section]) =>
    isRecord(section) ? readSection(section, dirname(file)) : refuse(name, section),
  )
  return {
    roots: sections.flatMap(({ roots }) => roots),
    customNodes: sections.flatMap(({ customNodes }) => customNodes),
    part: joinParts(sections.map(({ part }) => part)),
  }
}

async function parseOrNull(text: string): Promise<unknown> {
  try {
    return await parseYaml(text)
  } catch {
    return null // whatever is wrong with it, ComfyUI does not read it either
  }
}

function readSection(section: Record<string, unknown>, folder: string): ModelRoots {
  const { base_path: basePath, is_default: _, ...categories } = section
  const base = typeof basePath === 'string' ? resolve(folder, expandVariables(basePath)) : folder
  const found = Object.entries(categories).map(([category, value]): ModelRoots => {
    if (typeof value !== 'string') return refuse(category, value)
    const dirs = value
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '')
      .map((line) => (isAbsolute(line) ? line : join(base, line)))
    if (category === 'custom_nodes') return { ...NOTHING, customNodes: dirs }
    const name = RENAMED[category] ?? category
    return { ...NOTHING, roots: dirs.map((dir) => ({ category: name, dir })) }
  })
  return {
    roots: found.flatMap(({ roots }) => roots),
    customNodes: found.flatMap(({ customNodes }) => customNodes),
    part: joinParts(found.map(({ part }) => part)),
  }
}

/** ComfyUI's older names of its own folders (`folder_paths.map_legacy`). */
const RENAMED: Readonly<Record<string, string>> = {
  unet: 'diffusion_models',
  clip: 'text_encoders',
}

/** Of the variables, only the home folder: others are those of a process that is not here. */
function expandVariables(path: string): string {
  return expandHome(path.replace(/^\$(?:HOME\b|\{HOME\})/, () => homedir()))
}

function refuse(key: string, value: unknown): ModelRoots {
  if (value === null || value === undefined) return NOTHING
  return {
    ...NOTHING,
    part: note('VALUE_REFUSED', `extra_model_paths.yaml ${key}`, describe(value)),
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
