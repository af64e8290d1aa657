import { compareReleases } from './package-names.ts'

/**
 * Whether a release lies in a range such as `>=0.3.68,<0.4`, by the digits of both: what packs write
 * about ComfyUI, not all of PEP 440. A condition that is none of these says nothing, so it holds.
 */
export function isInRange(version: string, range: string): boolean {
  return range.split(',').every((condition) => holds(version, condition.trim()))
}

function holds(version: string, condition: string): boolean {
  const [, operator, wanted = ''] =
    /^(>=|<=|==|!=|~=|>|<)\s*v?(\d[\w.]*)(?:\.\*)?$/.exec(condition) ?? []
  const order = compareReleases(version, wanted)
  switch (operator) {
    case '>=':
      return order >= 0
    case '<=':
      return order <= 0
    case '>':
      return order > 0
    case '<':
      return order < 0
    case '==':
      return condition.endsWith('.*') ? startsWith(version, wanted) : order === 0
    case '!=':
      return condition.endsWith('.*') ? !startsWith(version, wanted) : order !== 0
    case '~=':
      return order >= 0 && startsWith(version, wanted.split('.').slice(0, -1).join('.'))
    default:
      return true
  }
}

function startsWith(version: string, prefix: string): boolean {
  return `${version}.`.startsWith(`${prefix}.`)
}
