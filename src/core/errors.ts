import { errorTable, type ErrorCode } from './error-table.ts'
import { redact } from './redact.ts'
import { fill, type ParamValues } from './template.ts'

type Row<C extends ErrorCode> = (typeof errorTable)[C]
type Values<C extends ErrorCode> = ParamValues<Row<C>['message'] | Row<C>['hint']>

/**
 * An expected failure: a code from `error-table.ts`, its parameters and a cause.
 * `message` and `hint` are English; `describeError` speaks any language. Secrets are removed on
 * construction.
 */
export class ComfypinError<C extends ErrorCode = ErrorCode> extends Error {
  override readonly name = 'ComfypinError'
  readonly code: C
  readonly params: Readonly<Record<string, string | number>>

  constructor(code: C, params: Values<C>, options?: { cause?: unknown }) {
    const clean = redactParams(params)
    super(redact(fill(errorTable[code].message, clean)), options)
    this.code = code
    this.params = clean
  }

  get exitCode(): number {
    return errorTable[this.code].exit
  }

  get httpStatus(): number {
    return errorTable[this.code].http
  }

  /** What to do about it. */
  get hint(): string {
    return redact(fill(errorTable[this.code].hint, this.params))
  }

  toJSON(): { code: ErrorCode; message: string; hint: string; params: unknown } {
    const { code, message, hint, params } = this
    return { code, message, hint, params }
  }
}

/** One of our errors: an expected failure, whatever its code. */
export function isComfypinError(error: unknown): error is ComfypinError {
  return error instanceof ComfypinError
}

export function hasCode<C extends ErrorCode>(
  error: unknown,
  ...codes: C[]
): error is ComfypinError<C> {
  return isComfypinError(error) && codes.some((code) => code === error.code)
}

function redactParams(
  params: Readonly<Record<string, string | number>>,
): Readonly<Record<string, string | number>> {
  return Object.fromEntries(
    Object.entries(params).map(([name, value]) => [
      name,
      typeof value === 'string' ? redact(value) : value,
    ]),
  )
}

/** The system's error code (`ENOENT`, `ECONNRESET`, …) of a Node failure, else null. */
export function systemCode(error: unknown): string | null {
  if (!(error instanceof Error)) return null
  if ('code' in error && typeof error.code === 'string') return error.code
  return error.cause === undefined ? null : systemCode(error.cause)
}

/** One line of text for any thrown value. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return redact(String(error))
  const inner =
    error.cause instanceof Error && error.message === 'fetch failed' ? error.cause : error
  return redact(inner.message || inner.name)
}
