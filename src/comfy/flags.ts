import { join } from 'node:path'
import { readTextIfExists } from '../platform/files.ts'

const FLAG = /["'](--[A-Za-z0-9][\w-]*)["']/g
const VERSION = /^__version__\s*=\s*["']([^"']+)["']/m

/**
 * Command line flags that the core in `coreDir` understands, read from its argument parser.
 * An unknown flag ends ComfyUI with exit code 2, and `--help` would cost a Python start.
 */
export function readFlags(coreDir: string): ReadonlySet<string> {
  const source = readTextIfExists(join(coreDir, 'comfy', 'cli_args.py')) ?? ''
  return new Set(Array.from(source.matchAll(FLAG), ([, flag]) => flag ?? ''))
}

export function supports(coreDir: string, flag: string): boolean {
  return readFlags(coreDir).has(flag)
}

/** The version a core gives itself (`0.33.0`), or null where it has no version file (before 0.3). */
export function readVersion(coreDir: string): string | null {
  return VERSION.exec(readTextIfExists(join(coreDir, 'comfyui_version.py')) ?? '')?.[1] ?? null
}
