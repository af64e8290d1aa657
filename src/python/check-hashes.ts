import { ComfypinError } from '../core/errors.ts'
import { normalizeName, requirementName } from './package-names.ts'
import { tablesOf } from './pylock.ts'
import type { RequirementSource } from './types.ts'

/**
 * uv ignores the hashes of requirement lines while it resolves; whoever wrote some means them.
 * @throws PYTHON_HASH
 */
export function checkHashes(sources: readonly RequirementSource[], text: string): void {
  const tables = new Map(tablesOf(text).map((table) => [nameOf(table), table]))
  for (const { owner, lines } of sources)
    for (const line of lines) {
      const wanted = declaredHashes(line)
      const table = tables.get(requirementName(line) ?? '')
      if (wanted.length === 0 || table === undefined) continue
      if (!wanted.some((hash) => table.includes(hash)))
        throw new ComfypinError('PYTHON_HASH', { owner, line })
    }
}

function nameOf(table: string): string {
  return normalizeName(/^name = "([^"]+)"/m.exec(table)?.[1] ?? '')
}

function declaredHashes(line: string): string[] {
  return [...line.matchAll(/--hash[= ]\s*\w+:([0-9a-fA-F]+)/g)].map(([, hash = '']) =>
    hash.toLowerCase(),
  )
}
