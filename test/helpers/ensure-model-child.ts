import { ComfypinError } from '../../src/core/errors.ts'
import { systemClock } from '../../src/core/context.ts'
import type { ModelRoots } from '../../src/models/types.ts'
import { parseSettings } from '../../src/platform/settings.ts'
import type { LockModel } from '../../src/resolve/types.ts'
import { ensureModel } from './ensure-model.ts'

/** A process that brings one model. Its argument and the one line it prints are JSON. */
const { roots, model, dies } = JSON.parse(process.argv[2] ?? '') as {
  roots: ModelRoots
  model: LockModel
  /** Killed when the file has its name, before the disk has it. */
  dies?: 'landed'
}
const onLanded = () => {
  if (dies === 'landed') process.kill(process.pid, 'SIGKILL')
}
const ctx = {
  emit: () => {},
  signal: new AbortController().signal,
  settings: parseSettings(process.env),
  clock: systemClock,
}
try {
  const kind = await ensureModel(ctx, roots, model, onLanded)
  console.log(JSON.stringify({ kind, code: null }))
} catch (error) {
  if (!(error instanceof ComfypinError)) throw error
  console.log(JSON.stringify({ kind: null, code: error.code, params: error.params }))
}
