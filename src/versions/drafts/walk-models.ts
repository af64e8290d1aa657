import { realpathSync } from 'node:fs'
import { join } from 'node:path'
import { namesOrNone, statOrNone } from '../../platform/small-files.ts'

export interface FoundFile {
  /** Where it was found, links not followed. */
  path: string
  /** Below the folder that was walked, with forward slashes. */
  relative: string
  size: number
}

export interface WalkedFolder {
  files: FoundFile[]
  brokenLinks: string[]
  /** True when there was more than is looked at. */
  cut: boolean
}

const MAX_FILES = 100_000
const MAX_DEPTH = 20

/** Every file below a folder; links are followed, as ComfyUI does, but never in a circle. */
export function walkModels(dir: string, visited: Set<string>): WalkedFolder {
  const walked: WalkedFolder = { files: [], brokenLinks: [], cut: false }
  const visit = (folder: string, relative: string, depth: number): void => {
    if (statOrNone(folder)?.isDirectory() !== true) return
    const real = realpathSync(folder)
    if (visited.has(real)) return
    visited.add(real)
    if (depth > MAX_DEPTH) walked.cut = true
    else for (const name of namesOrNone(folder)) look(folder, name, relative, depth)
  }
  const look = (folder: string, name: string, relative: string, depth: number): void => {
    if (name.startsWith('.')) return
    const path = join(folder, name)
    const below = relative === '' ? name : `${relative}/${name}`
    const stats = statOrNone(path)
    if (stats === null) walked.brokenLinks.push(path)
    else if (stats.isDirectory()) visit(path, below, depth + 1)
    else if (walked.files.length >= MAX_FILES) walked.cut = true
    else if (stats.isFile()) walked.files.push({ path, relative: below, size: stats.size })
  }
  visit(dir, '', 0)
  return walked
}

/** Names that models have; everything else beside them is a note about them. */
export function isModelName(name: string): boolean {
  return /\.(?:safetensors|sft|ckpt|pt2?|pth|bin|gguf|ggml|onnx|engine|trt|pkl|t7|npz|h5|tflite|task|msgpack)$/i.test(
    name,
  )
}
