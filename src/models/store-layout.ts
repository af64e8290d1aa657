import { readdirSync } from 'node:fs'
import { join } from 'node:path'

/** One record per source. */
export function indexDir(modelsDir: string): string {
  return join(modelsDir, '.comfypin', 'sources')
}

/** Bytes of models whose target lies in a home: a home only gets a link, so they survive it. */
export function homeFilesDir(modelsDir: string): string {
  return join(modelsDir, '.comfypin', 'files')
}

export function locksDir(modelsDir: string): string {
  return join(modelsDir, '.comfypin', 'locks')
}

/** Names in a folder; none when it does not exist. */
export function namesIn(dir: string): string[] {
  try {
    return readdirSync(dir)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null
    if (code === 'ENOENT' || code === 'ENOTDIR') return []
    throw error
  }
}
