import { mkdirSync } from 'node:fs'
import type { Ctx } from '../core/context.ts'
import { ComfypinError, hasCode } from '../core/errors.ts'
import { homePaths } from '../platform/paths.ts'
import { readFlags } from './flags.ts'
import { launchCommand, type LaunchPlan, type WorkFolders } from './launch.ts'
import { findFreePort, requireFreePort } from './port.ts'
import { spawnComfy, type ComfyProcess } from './process.ts'
import type { Session, Sessions } from './session.ts'
import { isCpuTorch } from './torch-build.ts'

/** What a caller knows about the instance it wants; the rest of the `LaunchPlan` is read from disk. */
export interface InstanceRequest {
  python: string
  coreDir: string
  home: string
  extraModelPaths: string | null
  specEnv?: Readonly<Record<string, string>>
  extraArgs?: readonly string[]
  /** Default 127.0.0.1. */
  host?: string
  /** null (default): a free one. */
  port?: number | null
  /** `auto` (default) adds `--cpu` when the installed torch cannot use an accelerator. */
  device?: 'auto' | 'cpu'
  /** The whole log also goes there. */
  logFile?: string | null
  /** Log lines kept in memory. Default 400. */
  logLines?: number
}

/** One running ComfyUI that answers HTTP. */
export interface Instance extends ComfyProcess {
  /** Its address for this machine, without a trailing slash. */
  readonly url: string
  readonly host: string
  readonly port: number
  readonly folders: WorkFolders
  /** The open client connection, made on first use and again after a loss. */
  readonly session: () => Promise<Session>
}

const LOG_LINES = 400
const PORT_TRIES = 3

/**
 * Start a ComfyUI and wait until it answers. It is stopped with `ctx.signal`.
 * @throws PORT_TAKEN, INSTANCE_DIED, INSTANCE_TIMEOUT (`settings.startTimeoutMs`), INTERRUPTED, USAGE
 */
export async function startInstance(ctx: Ctx, request: InstanceRequest): Promise<Instance> {
  const host = request.host ?? '127.0.0.1'
  if (typeof request.port === 'number') {
    await requireFreePort(host, request.port)
    return launch(ctx, request, host, request.port)
  }
  for (let tries = 1; ; tries++) {
    try {
      return await launch(ctx, request, host, await findFreePort(host))
    } catch (error) {
      // somebody took our free port while ComfyUI imported
      if (!hasCode(error, 'PORT_TAKEN') || tries === PORT_TRIES) throw error
    }
  }
}

async function launch(
  ctx: Ctx,
  request: InstanceRequest,
  host: string,
  port: number,
): Promise<Instance> {
  if (ctx.signal.aborted) throw new ComfypinError('INTERRUPTED', {})
  const startedAt = ctx.clock.now()
  const command = launchCommand(completePlan(ctx, request, host, port))
  makeFolders(request.home)
  const process = await spawnComfy(ctx, command, {
    file: request.logFile ?? null,
    limit: request.logLines ?? LOG_LINES,
  })
  const url = `http://${reachable(host)}:${port}`
  const { waitUntilReady } = await import('./readiness.ts')
  await waitUntilReady(ctx, { process, url, host, port, args: command.argv.slice(2) })
  const ms = ctx.clock.now() - startedAt
  ctx.emit({ type: 'instance.ready', url, pid: process.pid, ms })
  return {
    ...process,
    url,
    host,
    port,
    folders: command.folders,
    session: openSessions(process, url),
  }
}

function completePlan(ctx: Ctx, request: InstanceRequest, host: string, port: number): LaunchPlan {
  return {
    python: request.python,
    coreDir: request.coreDir,
    home: request.home,
    host,
    port,
    extraModelPaths: request.extraModelPaths,
    flags: readFlags(request.coreDir),
    cpu: request.device === 'cpu' || isCpuTorch(request.python),
    specEnv: request.specEnv ?? {},
    extraArgs: request.extraArgs ?? [],
    inheritedEnv: ctx.settings.env,
  }
}

/** ComfyUI dies without `custom_nodes`, and has no database without `user` (comfyui.md A3). */
function makeFolders(home: string): void {
  const at = homePaths(home)
  for (const path of [at.customNodes, at.input, at.output, at.user, at.var])
    mkdirSync(path, { recursive: true })
}

/** The first of `--listen`'s hosts as an address to connect to. */
function reachable(host: string): string {
  const first = host.split(',', 1)[0]?.trim() ?? host
  if (first === '0.0.0.0') return '127.0.0.1'
  if (first === '::') return '[::1]'
  return first.includes(':') ? `[${first}]` : first
}

/** Runs that never talk to the instance (run-ui) load no HTTP or WebSocket client for it. */
function openSessions(process: ComfyProcess, url: string): () => Promise<Session> {
  let sessions: Promise<Sessions> | null = null
  return async () => {
    sessions ??= import('./session.ts').then(({ createSessions }) => {
      const opened = createSessions(url)
      void process.exited.then(opened.close)
      return opened
    })
    return (await sessions).current()
  }
}
