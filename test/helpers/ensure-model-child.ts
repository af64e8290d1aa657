import { ComfypinError } from '../../src/core/errors.ts'
import { systemClock } from '../../src/core/context.ts'
import type { ModelRoots } from '../../src/models/types.ts'
import { parseSettings } from '../../src/platform/settings.ts'
import type { LockModel } from '../../src/resolve/types.ts'
import { ensureModel } from './ensure-model.ts'

/** A process that brings one model. Its argument and the one line it prints are JSON. */
const { roots, model } = JSON.parse(process.argv[2] ?? '') as {
  roots: ModelRoots
  model: LockModel
}
const ctx = {
  emit: () => {},
  signal: new AbortController().signal,
  settings: parseSettings(process.env),
  clock: systemClock,
}
try {
  console.log(JSON.stringify({ kind: await ensureModel(ctx, roots, model), code: null }))
} catch (error) {
  if (!(error instanceof ComfypinError)) throw error
  console.log(JSON.stringify({ kind: null, code: error.code, params: error.params }))
}
