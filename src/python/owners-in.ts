import { requirementName } from './package-names.ts'
import type { Owner, RequirementSource } from './types.ts'

/** Everybody who asked for a package or an address that a message of uv names. */
export function ownersIn(message: string, sources: readonly RequirementSource[]): Owner[] {
  const words = new Set(message.toLowerCase().split(/[^a-z0-9-]+/))
  const isNamed = (line: string): boolean => {
    const address = /[a-z+]+:\/\/[^\s#@;]+/.exec(line)?.[0].replace(/^git\+/, '')
    return address === undefined
      ? words.has(requirementName(line) ?? '')
      : message.includes(address)
  }
  return sources
    .filter(({ lines, constraints }) => [...lines, ...constraints].some(isNamed))
    .map(({ owner }) => owner)
}
