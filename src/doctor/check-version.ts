import type { Ctx } from '../core/context.ts'
import { isComfypinError } from '../core/errors.ts'
import { validationTable } from '../core/validation-table.ts'
import { homeOf, homePaths } from '../platform/paths.ts'
import { validateVersion } from '../realize/validate.ts'
import { describeError } from '../core/describe-error.ts'
import { problemText } from '../core/problem-text.ts'
import { subjectName } from '../core/subject-name.ts'
import { finding } from './finding.ts'
import type { Check, DoctorOptions, RawFinding } from './types.ts'
import { lookAtVenv } from './venv.ts'

/** One version in short: spec, lock, checkouts, models, home, venv. Never asks the network. */
export const checkVersion: Check = { name: 'version', timeoutMs: 60_000, run }

async function run(ctx: Ctx, { version }: DoctorOptions): Promise<RawFinding[]> {
  if (version === null) return []
  const { language } = ctx.settings
  const inner: Ctx = { ...ctx, settings: { ...ctx.settings, offline: true } }
  try {
    const { version_id: id, problems } = await validateVersion(inner, version, { checksums: false })
    const { venv } = homePaths(homeOf(ctx.settings, id))
    return [
      ...(problems.length === 0 ? [finding('VERSION_OK', { id })] : []),
      ...problems.map(({ subject, ...found }) =>
        finding(validationTable[found.code].next === null ? 'VERSION_DEFECT' : 'VERSION_PROBLEM', {
          id,
          subject: subjectName(subject, language),
          problem: problemText(found, language),
        }),
      ),
      ...(await lookAtVenv(ctx, venv)),
    ]
  } catch (error) {
    if (!isComfypinError(error) || error.code === 'INTERRUPTED') throw error
    const { message } = await describeError(error, language)
    return [finding('VERSION_INVALID', { reason: message })]
  }
}
