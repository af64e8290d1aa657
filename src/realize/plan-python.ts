import { diffPackages } from '../python/installed-packages.ts'
import type { Facts } from './facts.ts'
import type { RealizeJob } from './job.ts'
import { bytecodeId, firstPackIn } from './step-ids.ts'
import type { CheckoutStep, Step } from './step.ts'

/** Interpreter, lock, packages, and the bytecode of all that is imported. */
export function planPython(
  job: RealizeJob,
  facts: Facts,
  checkouts: readonly CheckoutStep[],
): Step[] {
  const venvAction = { absent: 'create', 'other-python': 'recreate', ready: 'reuse' } as const
  const lock: Step = {
    id: 'python-lock',
    kind: 'python-lock',
    needs: ['venv', ...checkouts.map(({ id }) => id)],
    action: facts.pythonLock.current ? 'reuse' : 'resolve',
    path: job.cache.pylock(job.id),
    overrides: job.lock.python_overrides,
    twins: job.lock.python_twins,
    reduced: facts.pythonLock.current ? facts.pythonLock.twins : null,
    scripts: facts.pythonLock.current ? facts.pythonLock.scripts : null,
  }
  const locked = facts.pythonLock.current ? facts.pythonLock.packages : null
  const difference =
    locked === null
      ? null
      : diffPackages(locked, facts.venv.state === 'ready' ? facts.venv.installed : [])
  const same = difference !== null && difference.add.length === 0 && difference.remove.length === 0
  return [
    {
      id: 'venv',
      kind: 'venv',
      needs: [],
      action: venvAction[facts.venv.state],
      path: job.home.venv,
      python: job.python,
    },
    lock,
    {
      id: 'packages',
      kind: 'packages',
      needs: ['python-lock', 'venv'],
      action: same ? 'reuse' : 'sync',
      path: job.home.venv,
      add: difference?.add.map(packageText) ?? null,
      remove: difference?.remove.map(packageText) ?? null,
    },
    {
      id: 'bytecode:venv',
      kind: 'bytecode',
      needs: ['packages'],
      action: same && facts.compiled.has(job.home.venv) ? 'reuse' : 'compile',
      path: job.home.venv,
    },
    ...planBytecode(job, facts, checkouts),
  ]
}

/** Once for each tree, however many packs are folders of it. */
function planBytecode(job: RealizeJob, facts: Facts, checkouts: readonly CheckoutStep[]): Step[] {
  const here = checkouts.filter(({ action }) => action !== 'missing')
  return here
    .filter(({ pack, path }) => pack === null || firstPackIn(job, path) === pack)
    .map(({ pack, path }) => {
      const all = here.filter((other) => other.path === path)
      const isNew = all.some(({ action }) => action === 'repair')
      return {
        id: bytecodeId(pack),
        kind: 'bytecode',
        needs: ['venv', ...all.map(({ id }) => id)],
        action: facts.compiled.has(path) && !isNew ? 'reuse' : 'compile',
        path,
      }
    })
}

function packageText({ name, version }: { name: string; version: string | null }): string {
  return version === null ? name : `${name}==${version}`
}
