import type { Language } from '../core/messages.ts'
import { redact } from '../core/redact.ts'
import { fill, type ParamValues } from '../core/template.ts'
import { translateParams } from '../core/translate.ts'
import { findingTable, type FindingCode } from './finding-table.ts'
import type { Finding, RawFinding } from './types.ts'

type Row<C extends FindingCode> = (typeof findingTable)[C]

/** A finding of the table with its parameters. */
export function finding<C extends FindingCode>(
  code: C,
  params: ParamValues<Row<C>['en']>,
): RawFinding {
  return { code, params }
}

/** In words, without secrets. */
export function wordFinding(check: string, raw: RawFinding, language: Language): Finding {
  const row = findingTable[raw.code]
  const params = Object.fromEntries(
    Object.entries(raw.params).map(([name, value]) => [
      name,
      typeof value === 'string' ? redact(value) : value,
    ]),
  )
  const spoken = translateParams(params, language)
  return {
    check,
    status: row.status,
    code: raw.code,
    params,
    message: fill(row[language], spoken),
    remedy: row.remedy === null ? null : fill(row.remedy[language], spoken),
  }
}
