import type { Facts } from './facts.ts'
import type { RealizeJob } from './job.ts'
import type { UnlinkStep } from './step.ts'

/**
 * Links to models that nobody wants in the home any more: their model left the spec, or the pack in
 * whose folder they lie. A lock that lacks models only because their names are not known says
 * nothing about them.
 * @param packless models of the lock by index that have no place
 */
export function planUnlinks(
  { lock, home, isPartial }: RealizeJob,
  { placed }: Pick<Facts, 'placed'>,
  packless: ReadonlySet<number>,
): UnlinkStep[] {
  const wanted = new Set(
    lock.models.flatMap(({ root, target_path }, index) =>
      root === 'home' && !packless.has(index) ? [target_path] : [],
    ),
  )
  const unwanted = isPartial ? [] : placed.filter((target) => !wanted.has(target))
  return [...new Set(unwanted)].map((target) => ({
    id: `unlink:${target}`,
    kind: 'unlink',
    needs: [],
    action: 'remove',
    path: `${home.home}/${target}`,
  }))
}
