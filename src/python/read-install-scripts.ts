import { readFileSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import * as z from 'zod'
import type { Ctx } from '../core/context.ts'
import { isComfypinError } from '../core/errors.ts'
import { exec } from '../platform/exec.ts'
import { statIfExists } from '../platform/files.ts'
import { packageRoot } from '../platform/package-root.ts'
import { isWithin } from '../platform/paths.ts'
import { guardRequirement } from './guard-requirement.ts'
import { requirementName } from './package-names.ts'
import { classifyLine, decodeRequirements, logicalLines } from './requirement-lines.ts'

/** What an install script would do, as far as its text tells. */
export interface InstallScript {
  /**
   * Requirements that it installs on every machine, by literal arguments: as good as lines of a
   * requirements file. Where the line is drawn: `pyruntime/install_script/script.py`.
   */
  certain: string[]
  /** What it might install: one of several alternatives, or computed (`…` stands for such a part). */
  possible: string[]
  models: ScriptModel[]
  /** True when it does nothing besides, as far as its text tells. */
  isComplete: boolean
}

export interface ScriptModel {
  url: string
  /**
   * Where it goes: folders or files that start with `$MODELS_DIR`, `$COMFY_HOME`, or `$PACK` (the
   * pack's own folder). Empty: the text does not tell; more than one: it depends.
   */
  places: string[]
}

const SILENCE_MS = 20_000

const found = z.object({ requirements: z.array(z.string()), files: z.array(z.string()) })

const answer = z.array(
  z.object({
    certain: found,
    possible: found,
    models: z.array(z.object({ url: z.string(), places: z.array(z.string()) })),
    complete: z.boolean(),
  }),
)

type Answer = z.infer<typeof answer>[number]

/**
 * Read install scripts without running them: Python parses them, nothing more. Of a script that cannot
 * be parsed nothing is known.
 */
export async function readInstallScripts(
  ctx: Ctx,
  python: string,
  scripts: readonly string[],
): Promise<InstallScript[]> {
  const answers = await readAll(ctx, python, scripts)
  return scripts.map((script, at) => {
    const one = answers[at] ?? null
    return one === null ? UNKNOWN : scriptOf(dirname(script), one)
  })
}

/** A script that brings its reader down takes no other one along. */
async function readAll(
  ctx: Ctx,
  python: string,
  scripts: readonly string[],
): Promise<(Answer | null)[]> {
  if (scripts.length === 0) return []
  const reader = join(packageRoot(), 'pyruntime', 'read_install_script.py')
  const { exitCode, stdout } = await exec(ctx, [python, '-I', '-W', 'ignore', reader], {
    input: JSON.stringify(scripts),
    idleTimeoutMs: SILENCE_MS,
  })
  const answers = exitCode === 0 ? answer.safeParse(JSON.parse(stdout)).data : undefined
  if (answers !== undefined) return answers
  if (scripts.length === 1) return [null]
  const alone = await Promise.all(scripts.map((script) => readAll(ctx, python, [script])))
  return alone.flat()
}

const UNKNOWN: InstallScript = { certain: [], possible: [], models: [], isComplete: false }

function scriptOf(dir: string, { certain, possible, models, complete }: Answer): InstallScript {
  const lists = certain.files.map((file) => readList(dir, file))
  const lines = judged(dir, [
    ...certain.requirements,
    ...lists.flatMap(({ lines: own, isPlain }) => (isPlain ? own : [])),
  ])
  const perhaps = [
    ...lines.filter(({ isFit }) => !isFit).map(({ line }) => line),
    ...lists.flatMap(({ lines: own, isPlain }) => (isPlain ? [] : own)),
    ...possible.requirements,
    ...possible.files.flatMap((file) => readList(dir, file).lines),
  ]
  const sure = new Set(lines.filter(({ isFit }) => isFit).map(({ line }) => line))
  return {
    certain: [...sure],
    possible: [...new Set(perhaps)].filter((line) => !sure.has(line)),
    models,
    isComplete:
      complete && lines.every(({ isFit }) => isFit) && lists.every(({ isPlain }) => isPlain),
  }
}

/** A script is no list that its author wrote for others: what a list may not hold is not taken. */
function judged(dir: string, lines: readonly string[]): { line: string; isFit: boolean }[] {
  const place = { owner: 'install.py', root: dir, dir }
  return lines.map((line) => {
    try {
      const { requirement, ignored } = guardRequirement(place, line)
      const isFit = ignored.length === 0 && (requirementName(line) !== null || /:\/\//.test(line))
      return { line: isFit ? requirement : line, isFit }
    } catch (error) {
      if (isComfypinError(error) && error.code === 'REQUIREMENT_REFUSED')
        return { line, isFit: false }
      throw error
    }
  })
}

interface List {
  lines: string[]
  /** False when its options (another index, another file) make the lines mean something else. */
  isPlain: boolean
}

/** The pack's effective list is read elsewhere; other files of the pack are looked at here. */
function readList(dir: string, name: string): List {
  const file = join(dir, name)
  if (name === 'requirements.txt' || statIfExists(file)?.isFile() !== true) return EMPTY
  if (!isWithin(realpathSync(dir), realpathSync(file))) return EMPTY
  const lines = logicalLines(decodeRequirements(readFileSync(file))).map(classifyLine)
  return {
    lines: lines.flatMap((line) => (line.kind === 'requirement' ? [line.text] : [])),
    isPlain: lines.every(({ kind }) => kind === 'requirement'),
  }
}

const EMPTY: List = { lines: [], isPlain: true }
