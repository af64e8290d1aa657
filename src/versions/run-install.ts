import { lstatSync } from 'node:fs'
import { join } from 'node:path'
import { readFlags } from '../comfy/flags.ts'
import { childEnv } from '../comfy/launch.ts'
import { isRefusedInstall } from '../comfy/no-installs.ts'
import type { Ctx } from '../core/context.ts'
import { ComfypinError } from '../core/errors.ts'
import { exec } from '../platform/exec.ts'
import { readlinkIfExists, statIfExists } from '../platform/files.ts'
import { withLockFile } from '../platform/lock-file.ts'
import { homePaths } from '../platform/paths.ts'
import { compileOwnTree } from '../python/bytecode.ts'
import { healCore } from '../realize/heal-core.ts'
import { settleHome } from '../realize/late-writes.ts'
import { readMarker, type MarkerPack } from '../realize/marker.ts'
import { noteCopy } from '../realize/note-copy.ts'
import { keepOwnCopy } from '../realize/own-copy.ts'
import { copyPack, packPlace } from '../realize/pack-folder.ts'
import { packState, type PackState } from '../realize/pack-state.ts'
import type { SpecSelector } from '../resolve/load-spec.ts'
import { readyVersion, type ReadyVersion } from '../run/ready-version.ts'
import { homeLock, requireNoProcess } from './delete-guard.ts'

export interface InstallRun {
  version_id: string
  home: string
  pack: string
  /** The home's private copy of the pack, where the script ran. */
  path: string
  exit_code: number
  /** Files that the script put into the copy, as paths below it; new folders end with a slash. */
  added: string[]
  /** Files of the pack that it changed. */
  changed: string[]
  /** Milliseconds. */
  ms: number
}

const SCRIPT = 'install.py'
const TAIL_LINES = 40

/**
 * Run the `install.py` of one pack, because somebody asked for it: in a private copy of the pack that
 * the home keeps from then on, as ComfyUI-Manager runs it (comfyui.md line 380), and with the
 * environment that packs have in this home. pip is out of its reach: packages come from the lock.
 * @throws NAME_UNKNOWN, PACK_NO_INSTALL_SCRIPT, PACK_INSTALL_FAILED, HOME_BUSY, and what realize throws
 */
export async function runInstall(
  ctx: Ctx,
  selector: SpecSelector,
  name: string,
): Promise<InstallRun> {
  const started = ctx.clock.now()
  const version = await readyVersion(ctx, selector)
  const { id, home } = version
  requireNoProcess(home)
  try {
    return await withLockFile(ctx, homeLock(ctx, id), async () => {
      const pack = requirePack(version, name)
      const path = ensureOwnCopy(home, pack)
      const before = stampsOf(stateOf(home, pack))
      await runScript(ctx, version, pack.name, path)
      const after = stateOf(home, pack)
      const isNew = (file: string) => before.get(file) !== stampOf(path, file)
      return {
        version_id: id,
        home,
        pack: pack.name,
        path,
        exit_code: 0,
        added: after?.added.filter(isNew) ?? [],
        changed: after?.changed.filter(isNew) ?? [],
        ms: ctx.clock.now() - started,
      }
    })
  } finally {
    await settleHome(ctx, home)
  }
}

/** As the home has it now: somebody may have realized it while this process waited. */
function requirePack({ id, home, marker }: ReadyVersion, name: string): MarkerPack {
  const { packs } = readMarker(home) ?? marker
  const found = packs.find((pack) => pack.name === name)
  if (found === undefined) {
    const known = packs.map((pack) => pack.name).join(', ') || '-'
    throw new ComfypinError('NAME_UNKNOWN', { id, names: JSON.stringify(name), known })
  }
  const { path } = packPlace(homePaths(home), name)
  if (statIfExists(join(path, SCRIPT))?.isFile() !== true)
    throw new ComfypinError('PACK_NO_INSTALL_SCRIPT', { name, path })
  return found
}

/** The shared checkout never sees the script. */
function ensureOwnCopy(home: string, { name, checkout }: MarkerPack): string {
  const at = homePaths(home)
  const place = packPlace(at, name)
  if (readlinkIfExists(place.path) !== null) copyPack(place, checkout)
  keepOwnCopy(place)
  noteCopy(at, name)
  return place.path
}

async function runScript(
  ctx: Ctx,
  { home, launch }: ReadyVersion,
  name: string,
  cwd: string,
): Promise<void> {
  let callsPip = false
  const onLine = (line: string) => {
    callsPip ||= isRefusedInstall(line)
    ctx.emit({ type: 'exec.line', command: SCRIPT, line })
  }
  const { python, coreDir, specEnv = {} } = launch
  const inheritedEnv = ctx.settings.env
  const env = childEnv({ coreDir, home, python, flags: readFlags(coreDir), specEnv, inheritedEnv })
  const inner: Ctx = { ...ctx, settings: { ...ctx.settings, env } }
  try {
    const { exitCode, signal, stdout, stderr } = await exec(inner, [python, SCRIPT], {
      cwd,
      onLine,
      lines: 'both',
    })
    if (exitCode === 0) return
    const status = signal ?? `exit ${exitCode}`
    const log = (stdout + stderr).trimEnd().split('\n').slice(-TAIL_LINES).join('\n')
    throw new ComfypinError('PACK_INSTALL_FAILED', { name, status, log })
  } finally {
    if (callsPip) ctx.emit({ type: 'warning', code: 'PACK_INSTALL_PIP', params: { name } })
    const anyway: Ctx = { ...ctx, signal: new AbortController().signal }
    await healCore(anyway, home, name)
    await compileOwnTree(anyway, python, cwd)
  }
}

function stateOf(home: string, { name }: MarkerPack): PackState | null {
  return packState(home).find((state) => state.name === name) ?? null
}

function stampsOf(state: PackState | null): Map<string, string> {
  const files = state === null ? [] : [...state.added, ...state.changed]
  return new Map(files.map((file) => [file, stampOf(state?.path ?? '', file)]))
}

function stampOf(dir: string, file: string): string {
  const { size, mtimeMs } = lstatSync(join(dir, file))
  return file.endsWith('/') ? 'folder' : `${size}:${mtimeMs}`
}
