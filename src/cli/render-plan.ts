import { say, type Language } from '../core/messages.ts'
import { formatBytes } from '../core/units.ts'
import {
  bytesToWrite,
  isChange,
  type CheckoutStep,
  type PackagesStep,
  type PythonLockStep,
  type Step,
} from '../realize/step.ts'
import { actionName, kindName } from '../report/step-names.ts'
import { firstOf } from './first-of.ts'

export interface PlanView {
  version_id: string
  home: string
  changed: boolean
  steps: readonly Step[]
}

/** A plan for people: a line per step, what is reused included. */
export function renderPlan(
  { version_id: id, home, changed, steps }: PlanView,
  language: Language,
): string {
  const rows = steps.map((step) => ({
    kind: kindName(step.kind, language),
    action: actionName(step.action, language),
    detail: shorten(detailOf(step, language), home),
  }))
  const width = (key: 'kind' | 'action') => Math.max(0, ...rows.map((row) => row[key].length))
  const changes = steps.filter(isChange).length
  return [
    say(language, 'planTitle', { id, home }),
    ...rows.map(
      ({ kind, action, detail }) =>
        `  ${kind.padEnd(width('kind'))}  ${action.padEnd(width('action'))}  ${detail}`,
    ),
    changed
      ? say(language, 'planTotals', { changes, download: formatBytes(bytesToMove(steps)) })
      : say(language, 'planEmpty', { id }),
    say(language, 'planDryRun', {}),
  ].join('\n')
}

/** The home is in the title, and 40 digits of a commit are more than anybody reads. */
function shorten(detail: string, home: string): string {
  return detail
    .replaceAll(`${home}/`, '')
    .replace(/(?:\/[^\s/]+)+\/([^\s/]+@)([0-9a-f]{12})[0-9a-f]{28}(?![0-9a-f])/g, '$1$2')
}

function bytesToMove(steps: readonly Step[]): number {
  return steps.reduce((sum, step) => sum + (bytesToWrite(step) ?? 0), 0)
}

function checkoutDetail({ pack, repo, commit, registry, subdir, size }: CheckoutStep): string {
  const pin =
    registry === null
      ? `${repo}@${commit?.slice(0, 12) ?? '?'}${subdir === null ? '' : ` ${subdir}`}`
      : `registry:${registry.id}@${registry.version ?? '?'}`
  return `${pack ?? 'ComfyUI'}  ${pin}${size === null ? '' : `  ${formatBytes(size)}`}`
}

function detailOf(step: Step, language: Language): string {
  switch (step.kind) {
    case 'checkout':
      return checkoutDetail(step)
    case 'model':
      return `${step.source} → ${step.path}  ${step.size === null ? say(language, 'planUnknownSize', {}) : formatBytes(step.size)}`
    case 'packages':
      return packagesDetail(step, language)
    case 'python-lock':
      return [step.path, ...lockNotes(step, language)].join('  ')
    case 'check':
      return step.packs.join(', ')
    case 'pack':
      return `${step.path}${step.checkout === null ? '' : ` → ${step.checkout}`}`
    case 'venv':
      return `${step.path} (${step.python ?? 'Python ≥ 3.10'})`
    default:
      return step.path
  }
}

function packagesDetail({ add, remove, path }: PackagesStep, language: Language): string {
  if (add === null) return say(language, 'planPackagesLater', {})
  const pins = [...add.map((pin) => `+${pin}`), ...(remove ?? []).map((pin) => `-${pin}`)]
  return pins.length === 0 ? path : firstOf(pins, ' ')
}

/** What decides the packages besides their requirements. */
function lockNotes(step: PythonLockStep, language: Language): string[] {
  const { overrides, twins, reduced, scripts } = step
  return [
    ...(scripts ?? []).map(({ pack, requirements }) =>
      say(language, 'planScript', { pack, lines: requirements.join(', ') }),
    ),
    ...(overrides.length === 0
      ? []
      : [say(language, 'planOverrides', { lines: overrides.join(', ') })]),
    ...(twins === 'all' ? [say(language, 'planTwinsAll', {})] : []),
    ...(reduced ?? []).map(({ kept, removed }) =>
      say(language, 'planTwins', { kept, removed: removed.join(', ') }),
    ),
  ]
}
