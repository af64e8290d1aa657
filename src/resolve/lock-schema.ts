import * as z from 'zod'
import { ComfypinError, reasonOf } from '../core/errors.ts'
import type { Lock } from './types.ts'

const repoFields = {
  repo: z.string(),
  ref: z.string().nullable(),
  commit: z
    .string()
    .regex(/^[0-9a-f]{40}$/)
    .nullable(),
}

/** `schemas/lock.schema.json` is generated from this. */
export const lockSchema = z
  .object({
    schema_version: z.literal(1),
    version_id: z.string(),
    comfy: z.object(repoFields),
    custom_nodes: z.array(
      z.object({ ...repoFields, name: z.string(), install_requirements: z.boolean() }),
    ),
    models: z.array(
      z.object({
        source: z.string(),
        target_path: z.string(),
        root: z.enum(['models', 'home']),
        checksum: z.object({ algorithm: z.enum(['sha256', 'md5']), hex: z.string() }).nullable(),
      }),
    ),
    python_packages: z.array(z.string()),
    env: z.record(z.string(), z.string()),
    options: z.object({ offline: z.boolean(), skip_models: z.boolean() }),
  })
  .describe('comfypin lock')

/** @throws LOCK_INVALID */
export function parseLock(text: string, file: string, id: string): Lock {
  try {
    return lockSchema.parse(JSON.parse(text))
  } catch (error) {
    const reason = error instanceof z.ZodError ? describeIssues(error.issues) : reasonOf(error)
    throw new ComfypinError('LOCK_INVALID', { file, id, reason }, { cause: error })
  }
}

/** The first few places that are wrong, on one line. */
function describeIssues(issues: readonly z.core.$ZodIssue[]): string {
  const shown = issues
    .slice(0, 3)
    .map(({ path, message }) => `${z.core.toDotPath(path)}: ${message}`)
  return [...shown, ...(issues.length > 3 ? ['…'] : [])].join('; ').replace(/^: /, '')
}
