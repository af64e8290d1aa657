import { dirname } from 'node:path'
import * as z from 'zod'
import { ComfypinError, reasonOf, systemCode } from '../core/errors.ts'
import { readTextIfExists, writeAtomic } from '../platform/files.ts'
import { insideOf } from '../platform/paths.ts'

const fileSchema = z.object({
  /** `<node id>/<number>`: file names carry a counter that grows from run to run. */
  output: z.string(),
  /** As it was called when it was recorded; for people. */
  name: z.string(),
  /** `pixels`: the decoded picture alone; `bytes`: the file as it is. */
  kind: z.enum(['pixels', 'bytes']),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  /** Bytes of the file. */
  size: z.int().nonnegative(),
  width: z.int().positive().nullable(),
  height: z.int().positive().nullable(),
  /** The picture without metadata, beside the baseline; null for `bytes`. */
  reference: z.string().nullable(),
})

const baselineSchema = z.object({
  schema: z.literal(1),
  version_id: z.string(),
  files: z.array(fileSchema),
})

/** One output file of a workflow, as it was recorded. */
export type BaselineFile = Readonly<z.infer<typeof fileSchema>>

/** What a workflow made once; later runs are compared with it (R139). */
export type Baseline = Readonly<z.infer<typeof baselineSchema>>

/** @throws BASELINE_MISSING, BASELINE_INVALID */
export function readBaseline(file: string): Baseline {
  const text = textOf(file)
  if (text === null) throw new ComfypinError('BASELINE_MISSING', { file })
  return parseBaseline(text, file)
}

/**
 * @param references by file name, beside the baseline
 * @throws BASELINE_INVALID when the file exists and is no baseline, DISK_WRITE
 */
export function writeBaseline(
  file: string,
  baseline: Baseline,
  references: ReadonlyMap<string, Uint8Array>,
): void {
  const before = textOf(file)
  if (before !== null) parseBaseline(before, file) // somebody else's file is not ours to replace
  for (const [name, bytes] of references) writeAtomic(referencePath(file, name), bytes)
  writeAtomic(file, `${JSON.stringify(baseline, null, 2)}\n`)
}

/** A folder, or what another user hides, is no baseline. */
function textOf(file: string): string | null {
  try {
    return readTextIfExists(file)
  } catch (error) {
    if (systemCode(error) === null) throw error
    throw new ComfypinError('BASELINE_INVALID', { file, reason: reasonOf(error) }, { cause: error })
  }
}

/** @throws PATH_UNSAFE */
export function referencePath(file: string, name: string): string {
  return insideOf(dirname(file), name)
}

function parseBaseline(text: string, file: string): Baseline {
  try {
    return baselineSchema.parse(JSON.parse(text))
  } catch (error) {
    const reason =
      error instanceof z.ZodError
        ? error.issues
            .slice(0, 3)
            .map(({ path, message }) => `${z.core.toDotPath(path)}: ${message}`)
            .join('; ')
        : reasonOf(error)
    throw new ComfypinError('BASELINE_INVALID', { file, reason }, { cause: error })
  }
}
