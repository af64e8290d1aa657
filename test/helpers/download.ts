import { readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Settings } from '../../src/core/settings.ts'
import { transfer } from '../../src/download/transfer.ts'
import { TUNING, type Tuning } from '../../src/download/tuning.ts'
import type { TransferRequest, TransferResult } from '../../src/download/types.ts'
import { tempDir } from './temp.ts'
import { createTestCtx, type TestCtx } from './test-ctx.ts'

/** Many connections for little files, and nothing that takes long. */
export const EAGER: Tuning = {
  ...TUNING,
  startBytes: 4096,
  startConnections: 6,
  minPieceBytes: 4096,
  minSplitBytes: 2048,
  minRescueBytes: 256,
  groundBytes: 4096,
  worthBytes: 1024,
  tickMs: 10,
  windowMs: 20,
  minPatienceMs: 30,
  maxPatienceMs: 200,
}

export interface Download extends TestCtx {
  readonly target: string
  readonly request: TransferRequest
  run(changes?: Partial<TransferRequest>): Promise<TransferResult>
  /** Names beside the target. */
  leftovers(): string[]
}

/** One transfer of `url` into a folder of its own. */
export function createDownload(
  url: string,
  { settings = {} as Partial<Settings>, tuning = EAGER, target = null as string | null } = {},
): Download {
  const path = target ?? join(tempDir('download'), 'model.pt')
  const context = createTestCtx({ downloadRetryMs: 1, downloadStallMs: 60_000, ...settings })
  const request: TransferRequest = {
    id: 'model',
    source: 'the source',
    url,
    headers: {},
    target: path,
    expectedSize: null,
    checksum: null,
    describe: (status) => `hint for ${status}`,
    renew: null,
    agents: null,
  }
  return {
    ...context,
    target: path,
    request,
    run: (changes = {}) => transfer(context.ctx, { ...request, ...changes }, tuning),
    leftovers: () =>
      readdirSync(dirname(path)).filter((name) => join(dirname(path), name) !== path),
  }
}
