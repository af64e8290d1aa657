import { requirementName } from './package-names.ts'

/**
 * What a second list of requirements says otherwise, as `+lark -numpy ~torch>=2`: only there, only
 * in the first, another condition. '' when both mean the same.
 */
export function listDifference(first: readonly string[], second: readonly string[]): string {
  const [ours, theirs] = [byName(first), byName(second)]
  const added = [...theirs.keys()].filter((name) => !ours.has(name))
  const gone = [...ours.keys()].filter((name) => !theirs.has(name))
  const other = [...theirs].filter(
    ([name, condition]) => ours.has(name) && ours.get(name) !== condition,
  )
  return [
    ...added.map((name) => `+${name}`),
    ...gone.map((name) => `-${name}`),
    ...other.map(([name, condition]) => `~${name}${condition}`),
  ].join(' ')
}

/** Name → version, extras and marker in one spelling; what has no name stands for itself. */
function byName(lines: readonly string[]): Map<string, string> {
  return new Map(
    lines.map((line) => {
      const name = requirementName(line)
      if (name === null) return [line.replace(/\s+/g, ''), '']
      return [name, spelling(line.replace(NAME, ''))]
    }),
  )
}

const NAME = /^\s*[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?/

/** `>= 2, <3 ; x` → `<3,>=2;x` */
function spelling(condition: string): string {
  const [versions = '', ...marker] = condition.replace(/["'\s()]+/g, '').split(';')
  const sorted = versions.split(',').filter(Boolean).toSorted().join(',')
  return [sorted, ...marker].join(';')
}
