import type { Language } from './messages.ts'
import { fill } from './template.ts'
import { translate, translateParams } from './translate.ts'
import { validationTable, type ValidationCode } from './validation-table.ts'

export interface WordedProblem {
  /** null: a problem of a side file, which has no code. */
  code: ValidationCode | null
  params: Readonly<Record<string, string>>
  /** In English. */
  problem: string
}

/** A finding of `validate` for people. */
export function problemText({ code, params, problem }: WordedProblem, language: Language): string {
  return code === null
    ? translate(problem, language)
    : fill(validationTable[code][language], translateParams(params, language))
}
