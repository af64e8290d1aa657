import type { WarningCode } from './warnings.ts'

/** Typed facts about the work, with no prose; reporters turn them into text. */
export type ComfypinEvent =
  | { type: 'step.start'; id: string; kind: string; subject: string }
  | { type: 'step.end'; id: string; kind: string; subject: string; ms: number; reused: boolean }
  | { type: 'step.fail'; id: string; kind: string; subject: string; code: string }
  | { type: 'download.start'; id: string; name: string; size: number | null }
  | { type: 'download.progress'; id: string; received: number; size: number | null }
  | { type: 'download.retry'; id: string; attempt: number; reason: string; waitMs: number }
  | { type: 'download.end'; id: string; received: number; ms: number }
  | { type: 'exec.line'; command: string; line: string }
  | { type: 'lock.wait'; path: string; holder: string }
  | { type: 'instance.log'; line: string }
  | { type: 'instance.ready'; url: string; pid: number; ms: number }
  | { type: 'instance.exit'; code: number | null; signal: string | null }
  | { type: 'job.node'; node: string; classType: string | null }
  | { type: 'job.progress'; node: string; value: number; max: number }
  | { type: 'job.cached'; nodes: readonly string[] }
  | {
      type: 'pack.checked'
      name: string
      ok: boolean
      nodes: number
      seconds: number
      reason: string | null
    }
  | { type: 'warning'; code: WarningCode; params: Readonly<Record<string, string | number>> }

export type Emit = (event: ComfypinEvent) => void

export const ignoreEvents: Emit = () => {}
