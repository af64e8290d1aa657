import { ComfypinError, hasCode } from '../core/errors.ts'

/** All failures count, not only the first: several unreachable remotes become one message. */
export async function settleAll<T>(work: readonly Promise<T>[]): Promise<T[]> {
  const results = await Promise.allSettled(work)
  const failures = results.flatMap((result): unknown[] =>
    result.status === 'rejected' ? [result.reason] : [],
  )
  if (failures.length > 0) throw joinFailures(failures)
  return results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
}

function joinFailures(failures: readonly unknown[]): unknown {
  const [first] = failures
  const unreachable = failures.filter((failure) => hasCode(failure, 'GIT_REMOTE_FAILED'))
  if (failures.length === 1 || unreachable.length < failures.length) return first
  const values = (name: string) => unreachable.map(({ params }) => String(params[name]))
  return new ComfypinError(
    'GIT_REMOTE_FAILED',
    {
      repo: values('repo').join(', '),
      ref: `${failures.length}`,
      reason: values('reason').join('; '),
    },
    { cause: new AggregateError(failures) },
  )
}
