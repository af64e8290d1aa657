import type { Ctx } from '../core/context.ts'
import { ComfypinError } from '../core/errors.ts'
import { redact } from '../core/redact.ts'
import { isSecretName } from '../core/secret-names.ts'
import type { DiffPart, Fact } from './diff-facts.ts'
import { readSide, type DiffLevel, type DiffSide } from './diff-side.ts'

export interface DiffResult {
  a: Pick<DiffSide, 'name' | 'kind'>
  b: Pick<DiffSide, 'name' | 'kind'>
  level: DiffLevel
  equal: boolean
  changes: DiffChange[]
}

/** One thing that differs; the value of a variable that sounds like a secret is `***`. */
export interface DiffChange {
  part: DiffPart
  name: string
  change: 'added' | 'removed' | 'changed'
  from: string | null
  to: string | null
}

const LEVELS: readonly DiffLevel[] = ['home', 'lock', 'spec']

/**
 * What differs between two versions (R138's basis): a spec against a spec, a lock against a lock, or
 * what two homes really hold.
 * @param level null: the deepest that both have
 * @throws DIFF_SIDE_UNKNOWN, DIFF_LEVEL, SPEC_INVALID, LOCK_INVALID
 */
export async function diffVersions(
  ctx: Ctx,
  names: readonly [string, string],
  level: DiffLevel | null,
  cwd: string,
): Promise<DiffResult> {
  const [a, b] = [await readSide(ctx, names[0], cwd), await readSide(ctx, names[1], cwd)]
  const shared = LEVELS.filter((one) => a.levels[one] !== null && b.levels[one] !== null)
  const chosen = level ?? shared[0] ?? 'spec'
  const [before, after] = [factsOf(a, chosen, shared), factsOf(b, chosen, shared)]
  const isTold = chosen === 'home' ? toldBy(a, b) : () => true
  const changes = compareFacts(before.filter(isTold), after.filter(isTold))
  const shown = ({ name, kind }: DiffSide) => ({ name, kind })
  return { a: shown(a), b: shown(b), level: chosen, equal: changes.length === 0, changes }
}

function factsOf({ name, levels }: DiffSide, level: DiffLevel, shared: readonly string[]): Fact[] {
  const read = levels[level]
  if (read === null)
    throw new ComfypinError('DIFF_LEVEL', { name, level, known: shared.join(', ') || '-' })
  return read()
}

/** Only what both can tell: an install of another tool knows nothing of archives and sources. */
function toldBy(a: DiffSide, b: DiffSide): (fact: Fact) => boolean {
  return ({ part }) => [a, b].every(({ parts }) => parts === null || parts.includes(part))
}

/** In the order of the first list, then what the second has beside it. */
function compareFacts(a: readonly Fact[], b: readonly Fact[]): DiffChange[] {
  const keyOf = ({ part, name }: Fact) => `${part} ${name}`
  const before = new Map(a.map((fact) => [keyOf(fact), fact]))
  const after = new Map(b.map((fact) => [keyOf(fact), fact]))
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((key): DiffChange[] => {
    const [from, to] = [before.get(key), after.get(key)]
    const fact = from ?? to
    if (fact === undefined || from?.value === to?.value) return []
    const change = from === undefined ? 'added' : to === undefined ? 'removed' : 'changed'
    return [
      {
        part: fact.part,
        name: redact(fact.name),
        change,
        from: shownValue(from),
        to: shownValue(to),
      },
    ]
  })
}

function shownValue(fact: Fact | undefined): string | null {
  if (fact === undefined) return null
  return fact.part === 'env' && isSecretName(fact.name) ? '***' : redact(fact.value)
}
