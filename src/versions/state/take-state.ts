import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { formatBytes } from '../../core/units.ts'
import { checkArchiveNames, type ArchiveNames } from '../../platform/archive-names.ts'
import { lstatIfExists, readlinkIfExists } from '../../platform/files.ts'
import type { DraftNote } from '../../spec/draft.ts'
import type { FoundState, StateFile } from './types.ts'

/**
 * Bounds of what is taken from a version. State is settings, lists and small databases; what is
 * larger is a model or a cache, and would make the folder of the specs heavy.
 */
export const STATE_LIMITS = { fileBytes: 16 * 1024 ** 2, bytes: 256 * 1024 ** 2, files: 10_000 }

/** Nobody wants it. */
export const NO_STATE: FoundState = { packs: [], notes: [] }

/** Collects the state of packs, one after another. */
export interface StateTaker {
  /**
   * @param dir the pack's folder
   * @param paths below it: files, and folders whose files all count (they end with a slash)
   */
  take(pack: string, dir: string, paths: readonly string[]): void
  found(): FoundState
}

/** Takes plain files within the bounds; everything else of what it is given becomes a note. */
export function createStateTaker(): StateTaker {
  const packs: { pack: string; files: StateFile[] }[] = []
  const notes: DraftNote[] = []
  const taken = { files: 0, bytes: 0 }
  return {
    take(pack, dir, paths) {
      const names = checkArchiveNames()
      const files: StateFile[] = []
      const skipped = new Set<string>()
      const leave = (path: string, detail: string) =>
        void notes.push({ code: 'STATE_LEFT_OUT', subject: `${pack}/${path}`, detail })
      const visit = (path: string): void => {
        const from = join(dir, path)
        const stats = lstatIfExists(from)
        if (stats === null || isBytecode(path)) return
        const [folder, tool] = TOOLS_FOLDER.exec(path) ?? []
        if (folder !== undefined && tool !== undefined) {
          if (!skipped.has(folder)) leave(folder, `${tool}/`)
          return void skipped.add(folder)
        }
        if (stats.isDirectory()) return inFolder(path, from).forEach(visit)
        if (!stats.isFile()) return leave(path, `→ ${readlinkIfExists(from) ?? '?'}`)
        const { size, mode } = stats
        if (exceeds(taken, size)) return leave(path, formatBytes(size))
        const problem = nameProblem(names, path)
        if (problem !== null) return leave(path, problem)
        taken.files++
        taken.bytes += size
        files.push({ path, from, size, mode: mode & 0o777 })
      }
      paths.map((path) => path.replace(/\/$/, '')).forEach(visit)
      files.sort((a, b) => (a.path < b.path ? -1 : 1))
      if (files.length > 0) packs.push({ pack, files })
    },
    found: () => ({ packs, notes }),
  }
}

/** Remade by Python without being asked. */
function isBytecode(path: string): boolean {
  return /(?:^|\/)__pycache__(?:\/|$)|\.py[co]$|(?:^|\/)\.DS_Store$/.test(path)
}

/** Folders that tools fill: another repository, environments, packages of JavaScript. */
const TOOLS_FOLDER = /^(?:.*?\/)??(\.git|\.venv|venv|node_modules)(?=\/|$)/i

function inFolder(path: string, dir: string): string[] {
  return readdirSync(dir)
    .toSorted()
    .map((name) => `${path}/${name}`)
}

function exceeds(taken: { files: number; bytes: number }, size: number): boolean {
  const { fileBytes, bytes, files } = STATE_LIMITS
  return size > fileBytes || taken.bytes + size > bytes || taken.files >= files
}

/** A name that only this system can have would make a bundle that nobody can unpack. */
function nameProblem(names: ArchiveNames, path: string): string | null {
  return names.add(path) === null ? null : JSON.stringify(path)
}
