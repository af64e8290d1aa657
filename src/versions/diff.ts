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
  /** Nothing differs, and no lock that was compared is older than its spec. */
  equal: boolean
  /** Levels that are not up to date; without a wish for one, they are not compared. */
  stale: StaleLevel[]
  changes: DiffChange[]
}

/** A lock or a home that was made from an older spec. */
export interface StaleLevel {
  name: string
  level: 'lock' | 'home'
  /** What is not as the spec asks: `core`, `pack <name>`, `model <path>`, … */
  subjects: string[]
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
 * @param level null: the deepest that both have and that is up to date
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
  const { chosen, stale } = await chooseLevel([a, b], level === null ? shared : [level])
  const [before, after] = [factsOf(a, chosen, shared), factsOf(b, chosen, shared)]
  const isTold = chosen === 'home' ? toldBy(a, b) : () => true
  const changes = compareFacts(before.filter(isTold), after.filter(isTold))
  const shown = ({ name, kind }: DiffSide) => ({ name, kind })
  const isTrue = chosen !== 'lock' || stale.every(({ level: one }) => one !== 'lock')
  const equal = isTrue && changes.length === 0
  return { a: shown(a), b: shown(b), level: chosen, equal, stale, changes }
}

/** The first level that is up to date on both sides, else the first; and what was found on the way. */
async function chooseLevel(
  sides: readonly DiffSide[],
  levels: readonly DiffLevel[],
): Promise<{ chosen: DiffLevel; stale: StaleLevel[] }> {
  const found: StaleLevel[] = []
  for (const level of levels) {
    const stale = await staleAt(sides, level)
    if (stale.length === 0) return { chosen: level, stale: found }
    found.push(...stale)
  }
  return { chosen: levels[0] ?? 'spec', stale: found }
}

async function staleAt(sides: readonly DiffSide[], level: DiffLevel): Promise<StaleLevel[]> {
  if (level === 'spec') return []
  const all = sides.map(async ({ name, behind }): Promise<StaleLevel> => {
    return { name, level, subjects: await behind(level) }
  })
  return (await Promise.all(all)).filter(({ subjects }) => subjects.length > 0)
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
