import { writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Ctx } from '../core/context.ts'
import { ComfypinError } from '../core/errors.ts'
import { runUv } from './run-uv.ts'
import { withStaging } from './staging.ts'
import type { Uv } from './types.ts'
import {
  diskFailure,
  failedPackage,
  isConflict,
  keepLog,
  lacksCachedData,
  reasonOfUv,
} from './uv-failure.ts'
import type { Venv } from './venv-state.ts'
import { wheelArguments } from './wheel-arguments.ts'

/** Which PyTorch: the build for this machine's accelerator, the one without any, or none at all. */
export type TorchMode = 'auto' | 'cpu' | 'skip'

export interface InstallRequest {
  venv: Venv
  /** A requirements file. */
  file: string
  torch: TorchMode
  offline: boolean
}

/** What comes with its own torch, or is built for one. */
const TORCH_PACKAGES = ['torch', 'torchvision', 'torchaudio']

/**
 * Install a requirements file into a venv, as its author would with pip; what is there already stays.
 * @throws PYTHON_CONFLICT · PYTHON_INSTALL · PYTHON_OFFLINE · PYTHON_RESOLVE · DISK_WRITE
 */
export async function installRequirements(
  ctx: Ctx,
  uv: Uv,
  { venv, file, torch, offline }: InstallRequest,
): Promise<void> {
  await withStaging(ctx, 'install', async (dir) => {
    const args = [
      ...['pip', 'install', '--python', venv.python, '-r', file],
      ...torchArguments(ctx, torch, dir),
      ...wheelArguments(ctx),
    ]
    const { exitCode, stdout, stderr } = await runUv(ctx, uv, args, { cwd: dir, offline })
    if (exitCode === 0) return
    const reason = reasonOfUv(stderr)
    const owners = basename(file)
    const disk = diskFailure(stderr, venv.dir)
    if (disk !== null) throw disk
    if (offline && lacksCachedData(stderr)) throw new ComfypinError('PYTHON_OFFLINE', { reason })
    if (isConflict(stderr)) throw new ComfypinError('PYTHON_CONFLICT', { reason, owners })
    const log = keepLog(ctx, stdout + stderr)
    const subject = failedPackage(stderr)
    throw subject === null
      ? new ComfypinError('PYTHON_RESOLVE', { reason, owners, log })
      : new ComfypinError('PYTHON_INSTALL', { package: subject, reason, log })
  })
}

/** A backend is an index of its own, which would be asked even where no index is wanted. */
function torchArguments({ settings }: Ctx, torch: TorchMode, dir: string): string[] {
  if (torch === 'skip') return withoutTorch(dir)
  return settings.wheelsDir === null ? ['--torch-backend', torch] : []
}

/** A marker that never holds leaves a package out, whoever asks for it. */
function withoutTorch(dir: string): string[] {
  const file = join(dir, 'no-torch.txt')
  writeFileSync(file, TORCH_PACKAGES.map((name) => `${name} ; python_version < '0'\n`).join(''))
  return ['--overrides', file]
}
