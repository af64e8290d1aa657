import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import * as z from 'zod'
import type { Ctx } from '../core/context.ts'
import { exec } from '../platform/exec.ts'
import { statIfExists } from '../platform/files.ts'
import { packageRoot } from '../platform/package-root.ts'
import { classifyLine, decodeRequirements, logicalLines } from './requirement-lines.ts'

/** What an install script would do, as far as its text tells. */
export interface InstallScript {
  /** Requirements as pip would get them, those of requirement files that it names included. */
  requirements: string[]
  /** Addresses of model files. */
  urls: string[]
}

const SILENCE_MS = 20_000

const answer = z.array(
  z.object({
    requirements: z.array(z.string()),
    files: z.array(z.string()),
    urls: z.array(z.string()),
  }),
)

/**
 * Read install scripts without running them: Python parses them, nothing more. A script that cannot
 * be parsed would do nothing that anybody could tell.
 */
export async function readInstallScripts(
  ctx: Ctx,
  python: string,
  scripts: readonly string[],
): Promise<InstallScript[]> {
  if (scripts.length === 0) return []
  const reader = join(packageRoot(), 'pyruntime', 'read_install_script.py')
  const { exitCode, stdout } = await exec(ctx, [python, '-I', '-W', 'ignore', reader], {
    input: JSON.stringify(scripts),
    idleTimeoutMs: SILENCE_MS,
  })
  const found = exitCode === 0 ? answer.safeParse(JSON.parse(stdout)).data : undefined
  return scripts.map((script, at) => {
    const { requirements = [], files = [], urls = [] } = found?.[at] ?? {}
    const listed = files.flatMap((file) => linesOf(dirname(script), file))
    return { requirements: [...new Set([...requirements, ...listed])], urls }
  })
}

/** The effective list of a pack is read elsewhere; only files of its top folder are looked at here. */
function linesOf(dir: string, name: string): string[] {
  const file = join(dir, name)
  if (name === 'requirements.txt' || /[/\\]/.test(name)) return []
  if (statIfExists(file)?.isFile() !== true) return []
  return logicalLines(decodeRequirements(readFileSync(file))).flatMap((line) => {
    const parsed = classifyLine(line)
    return parsed.kind === 'requirement' ? [parsed.text] : []
  })
}
