import { startInstance, type Instance, type InstanceRequest } from '../comfy/instance.ts'
import { isRefusedInstall } from '../comfy/no-installs.ts'
import { parseStartupLog, type PackReport } from '../comfy/startup-log.ts'
import type { Ctx } from '../core/context.ts'
import { hasCode, reasonOf, type ComfypinError } from '../core/errors.ts'
import { tellCoreNeeds } from './core-needs.ts'

/** What one start of ComfyUI told of its packs, by the name of their folder. */
export interface Outcome {
  prestartup: Map<string, PackReport>
  imports: Map<string, PackReport>
  /** null when ComfyUI did not come up. */
  nodes: Map<string, string[]> | null
}

/** The whole start log is wanted: failures come before thousands of lines of other packs. */
const LOG_LINES = 100_000

/** Start ComfyUI, ask once what nodes it has, and stop it. */
export async function observeStart(
  ctx: Ctx,
  id: string,
  request: InstanceRequest,
): Promise<Outcome> {
  const lines: string[] = []
  const inner: Ctx = {
    ...ctx,
    emit: (event) => {
      if (event.type === 'instance.log') lines.push(event.line)
      ctx.emit(event)
    },
  }
  try {
    const instance = await startInstance(inner, { ...request, logLines: LOG_LINES })
    const nodes = await nodesAtStop(ctx, instance)
    // Only now: the log comes through a pipe, later than the answers that it is about.
    tellUndescribed(ctx, lines)
    return { ...reportsOf(lines), nodes }
  } catch (error) {
    if (!hasCode(error, 'INSTANCE_DIED', 'INSTANCE_TIMEOUT')) throw error
    ctx.emit({ type: 'warning', code: 'IMPORT_CHECK_FAILED', params: { reason: shorten(error) } })
    tellCoreNeeds(ctx, id, error)
    return { ...reportsOf(lines), nodes: null }
  } finally {
    tellRefusedInstall(ctx, lines)
  }
}

async function nodesAtStop(ctx: Ctx, instance: Instance): Promise<Map<string, string[]>> {
  try {
    return await nodesOf(ctx, instance)
  } finally {
    await instance.stop()
  }
}

/** A pack may close the whole API (ComfyUI-Login answers 401); what was imported is known all the same. */
async function nodesOf(ctx: Ctx, instance: Instance): Promise<Map<string, string[]>> {
  try {
    const { client } = await instance.session()
    return nodesByPack(await client.objectInfo())
  } catch (error) {
    if (!hasCode(error, 'JOB_PROTOCOL')) throw error
    ctx.emit({ type: 'warning', code: 'NODES_UNKNOWN', params: { reason: reasonOf(error) } })
    return new Map()
  }
}

/** ComfyUI says of each class which module it came from: `custom_nodes.<folder>`. */
export function nodesByPack(objectInfo: Readonly<Record<string, unknown>>): Map<string, string[]> {
  const nodes = new Map<string, string[]>()
  for (const [classType, info] of Object.entries(objectInfo)) {
    const module =
      typeof info === 'object' && info !== null && 'python_module' in info
        ? String(info.python_module)
        : ''
    if (!module.startsWith('custom_nodes.')) continue
    const pack = module.slice('custom_nodes.'.length)
    nodes.set(pack, [...(nodes.get(pack) ?? []), classType])
  }
  return nodes
}

const UNDESCRIBED = /An error occurred while retrieving information for the '(.+)' node/
const EXCEPTION = /^(?:\w+\.)*\w*(?:Error|Exception)\b.*/

/**
 * Some packs download in INPUT_TYPES, so in the answer to /object_info (ReActor); where that fails,
 * ComfyUI leaves the node out and says so in its log alone.
 */
function tellUndescribed(ctx: Ctx, log: readonly string[]): void {
  const nodes = log.flatMap((line) => UNDESCRIBED.exec(line)?.[1] ?? [])
  if (nodes.length === 0) return
  const after = log.slice(log.findIndex((line) => UNDESCRIBED.test(line)))
  const reason = after.find((line) => EXCEPTION.test(line)) ?? 'see the log'
  const params = { nodes: [...new Set(nodes)].join(', '), reason }
  ctx.emit({ type: 'warning', code: 'NODES_WITHOUT_INFO', params })
}

/** The log does not say which pack it was, and a pack may keep it to itself; what is there is told once. */
function tellRefusedInstall(ctx: Ctx, log: readonly string[]): void {
  const reason = log.find(isRefusedInstall)?.trim()
  if (reason === undefined) return
  ctx.emit({ type: 'warning', code: 'PACK_INSTALL_REFUSED', params: { reason } })
}

/** What happened, and the last words of the log: the cause stands at its end. */
function shorten(error: ComfypinError): string {
  const [what = '', ...log] = reasonOf(error).split('\n')
  return [what, ...log.slice(-12)].join('\n')
}

function reportsOf(lines: Iterable<string>): Pick<Outcome, 'prestartup' | 'imports'> {
  const { prestartup, imports } = parseStartupLog(lines)
  return { prestartup: byName(prestartup), imports: byName(imports) }
}

function byName(reports: readonly PackReport[]): Map<string, PackReport> {
  return new Map(reports.map((one) => [nameOf(one.path), one]))
}

function nameOf(path: string): string {
  return path.split('/').at(-1) ?? path
}
