import type { Ctx } from '../core/context.ts'
import type { SpecSelector } from '../resolve/load-spec.ts'
import type { FindingCode, FindingStatus } from './finding-table.ts'

/** What a check found, as data. */
export interface RawFinding {
  code: FindingCode
  params: Readonly<Record<string, string | number>>
}

/** The same for people, in the language in force. */
export interface Finding extends RawFinding {
  check: string
  status: FindingStatus
  message: string
  /** What to do about it; null when nothing is to be done. */
  remedy: string | null
}

export interface DoctorOptions {
  /** Also look at this version. */
  version: SpecSelector | null
  /** Also ask the network. */
  online: boolean
}

export interface Check {
  /** One word, shown in front of its findings. */
  name: string
  timeoutMs: number
  run(ctx: Ctx, options: DoctorOptions): Promise<RawFinding[]>
}
