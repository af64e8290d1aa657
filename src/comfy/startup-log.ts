import { dirname } from 'node:path'

export interface StartupLog {
  /** The version the core gives itself. */
  version: string | null
  /** Packs with a prestartup script, in the order of the log (fastest first). */
  prestartup: PackReport[]
  /** Packs that were imported or should have been, in the order of the log. */
  imports: PackReport[]
  /** Folder names left out by `--disable-all-custom-nodes` or by the Manager's policy. */
  skipped: string[]
}

export interface PackReport {
  path: string
  seconds: number
  failed: boolean
  /** Why it failed, in the words of Python; null when it did not, or when the log does not tell. */
  reason: string | null
}

// eslint-disable-next-line no-control-regex -- the escape character is the thing to remove
const PREFIX = /^(?:\x1b\[[0-9;]*m)*\[(?:DEBUG|INFO|WARNING|ERROR|CRITICAL)\](?:\x1b\[[0-9;]*m)* ?/
// eslint-disable-next-line no-control-regex
const COLOUR = /\x1b\[[0-9;]*m/g

const TIMES = /^(Prestartup|Import) times for custom nodes:$/
const TIME = /^\s*(\d+\.\d) seconds( \((?:IMPORT|PRESTARTUP) FAILED\))?: (.+)$/
const VERSION = /^ComfyUI version: (\S+)/
const SKIPPED = /^(?:Prestartup )?Skipping (.+) due to disable_all_custom_nodes/
const BLOCKED = /^Blocked by policy: .*?([^/\\]+)$/
const PRESTARTUP_FAILED = /^Failed to execute startup-script: (.+?prestartup_script\.py) \/ ?(.*)$/
const IMPORT_FAILED: readonly RegExp[] = [
  /^Cannot import (.+?) module for custom nodes: ?(.*)$/,
  /^Skip (.+?) module for custom nodes due to (.*)$/,
  /^Error while calling comfy_entrypoint in (.+?): ?(.*)$/,
  /^comfy_entrypoint in (.+?) (is not callable|did not return .+?)(?:, skipping\.)?$/,
]

/**
 * What ComfyUI's start log says about its packs (comfyui-measured.md §7; 0.3.64 and 0.33 alike, with
 * and without colours). The log is text for people: an unknown line is ignored.
 */
export function parseStartupLog(lines: Iterable<string>): StartupLog {
  const found: StartupLog = { version: null, prestartup: [], imports: [], skipped: [] }
  const reasons = { prestartup: new Map<string, string>(), imports: new Map<string, string>() }
  const skipped = new Set<string>()
  let section: 'prestartup' | 'imports' | null = null
  let before = ''
  for (const raw of lines) {
    const line = raw.replace(PREFIX, '').replace(COLOUR, '').trimEnd()
    const time = TIME.exec(line)
    section = sectionAfter(line, section, time !== null)
    if (section !== null && time !== null) found[section].push(toReport(time, reasons[section]))
    found.version ??= VERSION.exec(line)?.[1] ?? null
    const name = (SKIPPED.exec(line) ?? BLOCKED.exec(line))?.[1]
    if (name !== undefined) skipped.add(name)
    noteFailure(line, before, reasons)
    if (line !== '') before = line
  }
  addUnsummed(found.imports, reasons.imports)
  return { ...found, skipped: [...skipped] }
}

/** A section is its title and the lines of times right below; other threads may write in between. */
function sectionAfter(
  line: string,
  section: 'prestartup' | 'imports' | null,
  isTime: boolean,
): 'prestartup' | 'imports' | null {
  const title = TIMES.exec(line)?.[1]
  if (title !== undefined) return title === 'Import' ? 'imports' : 'prestartup'
  return line === '' && !isTime ? null : section
}

function toReport(time: RegExpExecArray, reasons: ReadonlyMap<string, string>): PackReport {
  const [, seconds = '0', failed, path = ''] = time
  return {
    path,
    seconds: Number(seconds),
    failed: failed !== undefined,
    reason: failed === undefined ? null : (reasons.get(path) ?? null),
  }
}

/** A pack that ends the process (`sys.exit`) takes the summary of the earlier failures with it. */
function addUnsummed(reports: PackReport[], reasons: ReadonlyMap<string, string>): void {
  const known = new Set(reports.map(({ path }) => path))
  for (const [path, reason] of reasons)
    if (!known.has(path)) reports.push({ path, seconds: 0, failed: true, reason })
}

/** `before` is the last line of the traceback, which names the exception when it has no message. */
function noteFailure(
  line: string,
  before: string,
  reasons: { prestartup: Map<string, string>; imports: Map<string, string> },
): void {
  const prestartup = PRESTARTUP_FAILED.exec(line)
  if (prestartup !== null) {
    const [, script = '', reason = ''] = prestartup
    reasons.prestartup.set(dirname(script), reason)
    return
  }
  for (const pattern of IMPORT_FAILED) {
    const [, path, reason] = pattern.exec(line) ?? []
    if (path === undefined) continue
    reasons.imports.set(path, reason || before)
    return
  }
}
