import { ComfypinError } from '../../src/core/errors.ts'

/** What the work was rejected with; an error of its own when it was not. */
export function failureOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => new Error('it succeeded'),
    (error: unknown) => error,
  )
}

/** What the function threw, which must be a ComfypinError. */
export function thrownBy(run: () => unknown): ComfypinError {
  try {
    run()
  } catch (error) {
    if (isComfypinError(error)) return error
    throw error
  }
  throw new Error('it passed')
}

function isComfypinError(error: unknown): error is ComfypinError {
  return error instanceof ComfypinError
}
