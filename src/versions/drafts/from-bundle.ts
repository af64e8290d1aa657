import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Ctx } from '../../core/context.ts'
import { ComfypinError, hasCode } from '../../core/errors.ts'
import { asDiskWrite, randomName, statIfExists } from '../../platform/files.ts'
import { extractZip } from '../../platform/extract-zip.ts'
import { isZip } from '../../platform/is-zip.ts'
import { isNestedTooDeep } from '../../platform/nesting.ts'
import { cachePaths } from '../../platform/paths.ts'
import { readZipEntry } from '../../platform/read-zip-entry.ts'
import { parseLock } from '../../resolve/lock-schema.ts'
import type { Lock } from '../../resolve/types.ts'
import { MAX_IMPORT_BYTES } from '../../spec/importers/parse-document.ts'
import { isRecord, parseJson } from '../../spec/parse-entries.ts'
import type { RawEntry } from '../../spec/parse-pack-argument.ts'
import { BUNDLE, manifestSchema } from '../bundle/layout.ts'
import { stateMode } from '../state/place-state.ts'
import { createStateTaker, NO_STATE, STATE_LIMITS } from '../state/take-state.ts'
import type { FoundState } from '../state/types.ts'
import type { VersionDraft } from './types.ts'

/**
 * A version that `export --format bundle` wrote. It may come from anybody: the archive is judged as a
 * whole before anything is unpacked, into a folder of the cache; spec and lock are read by the same
 * schemas as those on disk.
 * @returns null when the file is no bundle
 * @throws IMPORT_INVALID, DISK_WRITE, INTERRUPTED
 */
export async function draftFromBundle(
  ctx: Ctx,
  file: string,
  options: { state: boolean },
): Promise<VersionDraft | null> {
  if (!(await isBundle(file))) return null
  const scratch = join(cachePaths(ctx.settings.cacheRoot).tmp, `bundle-${randomName()}`)
  try {
    asDiskWrite(scratch, () => mkdirSync(scratch, { recursive: true, mode: 0o700 }))
    await unpack(ctx, file, scratch)
    const { packs, notes } = options.state ? readState(scratch) : NO_STATE
    const pylock = readPart(file, scratch, BUNDLE.pylock)
    return {
      spec: readSpec(file, scratch),
      notes,
      state: packs,
      pins: { lock: readLock(file, scratch), pylock },
      scratch,
    }
  } catch (error) {
    rmSync(scratch, { recursive: true, force: true })
    throw error
  }
}

async function isBundle(file: string): Promise<boolean> {
  if (statIfExists(file)?.isFile() !== true || !isZip(file)) return false
  try {
    return (await readZipEntry(file, BUNDLE.manifest, MAX_MANIFEST_BYTES)) !== null
  } catch {
    return false // whoever reads files of other tools says what is wrong with it
  }
}

const MAX_MANIFEST_BYTES = 64 * 1024

async function unpack(ctx: Ctx, file: string, dir: string): Promise<void> {
  const files = await extractZip(ctx, file, dir, {
    maxEntries: 2 * STATE_LIMITS.files, // its folders may have entries of their own
    maxBytes: STATE_LIMITS.bytes + 4 * MAX_IMPORT_BYTES,
    maxRatio: null, // the bytes are few enough
    modeOf: stateMode,
    refused: (reason, cause) => invalid(file, reason, cause),
  })
  const { state, ...parts } = BUNDLE
  const known: readonly string[] = Object.values(parts)
  const other = Object.keys(files).find(
    (path) => !known.includes(path) && !new RegExp(`^${state}/[^/]+/.`).test(path),
  )
  if (other !== undefined) throw invalid(file, `unknown file ${JSON.stringify(other)}`)
  const manifest = manifestSchema.safeParse(parseJson(readPart(file, dir, parts.manifest) ?? ''))
  if (!manifest.success) throw invalid(file, `${parts.manifest} is of another format`)
}

function readSpec(file: string, dir: string): RawEntry {
  const text = readPart(file, dir, BUNDLE.spec) ?? ''
  const spec = isNestedTooDeep(text, 'json') ? undefined : parseJson(text)
  if (!isRecord(spec)) throw invalid(file, `${BUNDLE.spec} is no spec`)
  return spec
}

function readLock(file: string, dir: string): Lock {
  const text = readPart(file, dir, BUNDLE.lock) ?? ''
  try {
    if (isNestedTooDeep(text, 'json')) throw invalid(file, `${BUNDLE.lock} is no lock`)
    return parseLock(text, BUNDLE.lock, '')
  } catch (error) {
    if (!hasCode(error, 'LOCK_INVALID')) throw error
    throw invalid(file, `${BUNDLE.lock}: ${error.params['reason'] ?? ''}`, error)
  }
}

function readPart(file: string, dir: string, name: string): string | null {
  const path = join(dir, name)
  const stats = statIfExists(path)
  if (stats === null) return null
  if (!stats.isFile() || stats.size > MAX_IMPORT_BYTES) throw invalid(file, `${name} is too large`)
  return readFileSync(path, 'utf8')
}

/** Bounded like the state of a version that is here. */
function readState(dir: string): FoundState {
  const root = join(dir, BUNDLE.state)
  const packs = statIfExists(root) === null ? [] : readdirSync(root).toSorted()
  const taker = createStateTaker()
  for (const pack of packs) {
    const names = readdirSync(join(root, pack)).toSorted()
    taker.take(pack, join(root, pack), names)
  }
  return taker.found()
}

function invalid(file: string, problems: string, cause?: unknown): ComfypinError {
  const params = { file, format: 'comfypin bundle', problems }
  return new ComfypinError('IMPORT_INVALID', params, { cause })
}
