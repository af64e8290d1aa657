import * as z from 'zod'
import { ComfypinError, reasonOf } from '../core/errors.ts'
import { isRegistryId, isSubdir } from '../spec/pack-origin.ts'
import type { Lock } from './types.ts'

const repoFields = {
  repo: z.string(),
  ref: z.string().nullable(),
  commit: z
    .string()
    .regex(/^[0-9a-f]{40}$/)
    .nullable(),
}

// Both become parts of paths, and a lock may have come from anywhere.
const registryId = z.string().refine(isRegistryId, 'not an id of the registry')
const registry = z.union([
  z.object({
    id: registryId,
    version: z.string().regex(/^[0-9A-Za-z][0-9A-Za-z.+-]{0,99}$/),
    url: z.url({ protocol: /^https?$/ }),
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
  }),
  z.object({ id: registryId, version: z.null(), url: z.null(), sha256: z.null() }),
])

const pack = z
  .object({
    ...repoFields,
    repo: z.string().nullable(),
    subdir: z
      .string()
      .refine(isSubdir, 'not a folder inside the repository')
      .nullable()
      .default(null)
      .describe('Folder of the repository that is the pack.'),
    registry: registry.nullable().default(null).describe('Package of the Comfy registry.'),
    name: z.string(),
    install_requirements: z.boolean(),
  })
  .refine(({ repo, registry: pin }) => (repo === null) === (pin !== null), 'repo or registry')

/** `schemas/lock.schema.json` is generated from this. */
export const lockSchema = z
  .object({
    schema_version: z.literal(1),
    version_id: z.string(),
    comfy: z.object(repoFields),
    custom_nodes: z.array(pack),
    models: z.array(
      z.object({
        source: z.string(),
        target_path: z.string(),
        root: z.enum(['models', 'home']),
        checksum: z.object({ algorithm: z.enum(['sha256', 'md5']), hex: z.string() }).nullable(),
      }),
    ),
    python_packages: z.array(z.string()),
    python_overrides: z.array(z.string()).default([]),
    python_twins: z.enum(['one', 'all']).default('one'),
    env: z.record(z.string(), z.string()),
    options: z.object({
      offline: z.boolean(),
      skip_models: z.boolean(),
      venv_mode: z.literal('copies').optional(),
    }),
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
