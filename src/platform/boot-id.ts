import { readTextIfExists } from './files.ts'

/**
 * Names the time since this machine started: what was written since then is readable even when it is
 * not on the disk yet. Null where the system does not say (only Linux does).
 */
export function bootId(): string | null {
  return readTextIfExists('/proc/sys/kernel/random/boot_id')?.trim() ?? null
}
