import type { Ctx } from '../core/context.ts'
import { diskErrorOr } from '../platform/files.ts'
import { createHttpAgents, destroyAgents, type HttpAgents } from '../platform/open-url.ts'
import type { RunStep } from './apply.ts'
import { packageLines, tellChangedPackages } from './changed-packages.ts'
import { importCheck } from './import-check.ts'
import type { RealizeJob } from './job.ts'
import type { MarkerPack } from './marker.ts'
import { fetchModel } from './models.ts'
import type { Step } from './step.ts'
import { compileBytecode } from './steps/bytecode.ts'
import { makeCheckout } from './steps/checkout.ts'
import { prepareCore } from './steps/core.ts'
import { writeHome } from './steps/home.ts'
import { placePack } from './steps/pack.ts'
import { lockPython, syncPackages } from './steps/packages.ts'
import { createPythonTools, type PythonTools } from './steps/python-tools.ts'
import { unlinkModel } from './steps/unlink.ts'
import { hasCopies, makeVenv } from './steps/venv.ts'

/** What the steps of one realize share. */
interface Workshop {
  job: RealizeJob
  tools: PythonTools
  agents: HttpAgents
  placed: Map<string, MarkerPack>
  lacksPackages: boolean
}

export interface Runner {
  run: RunStep
  /** Fills up with what happened to the packs. */
  placed: ReadonlyMap<string, MarkerPack>
  /** True when the venv lacks Python packages that were not to be had offline. */
  lacksPackages(): boolean
  close(): void
}

/** The work behind each kind of step. */
export function createRunner(job: RealizeJob): Runner {
  const shop: Workshop = {
    job,
    tools: createPythonTools(job),
    agents: createHttpAgents(),
    placed: new Map(),
    lacksPackages: false,
  }
  // The spec's environment holds for the steps that install, too (R12).
  const linkMode = hasCopies(job) ? { UV_LINK_MODE: 'copy' } : {}
  const withSpecEnv = (ctx: Ctx): Ctx => ({
    ...ctx,
    settings: { ...ctx.settings, env: { ...ctx.settings.env, ...linkMode, ...job.specEnv } },
  })
  return {
    run: async (ctx, step, leaveLane) => {
      try {
        return await runOne(withSpecEnv(ctx), shop, step, leaveLane)
      } catch (error) {
        throw diskErrorOr(error, 'path' in step ? step.path : job.cache.tmp)
      }
    },
    placed: shop.placed,
    lacksPackages: () => shop.lacksPackages,
    close: () => destroyAgents(shop.agents),
  }
}

/** True when there was nothing to do after all. */
async function runOne(
  ctx: Ctx,
  shop: Workshop,
  step: Step,
  leaveLane: () => void,
): Promise<boolean> {
  const { job, tools, agents, placed } = shop
  switch (step.kind) {
    case 'checkout':
      return !(await makeCheckout(ctx, job, step))
    case 'core':
      prepareCore(ctx, job)
      return false
    case 'venv':
      await makeVenv(ctx, job, tools)
      return false
    case 'python-lock':
      await lockPython(ctx, job, tools)
      return false
    case 'packages':
      shop.lacksPackages = !(await syncPackages(ctx, job, tools))
      return false
    case 'bytecode':
      return compileBytecode(ctx, job, step.path)
    case 'model':
      return fetchModel(ctx, job, step, agents, leaveLane)
    case 'unlink':
      unlinkModel(job, step)
      return false
    case 'home':
      writeHome(job)
      return false
    case 'check': {
      const before = packageLines(job.home.venv)
      await importCheck(ctx, job, step.packs)
      if (tellChangedPackages(ctx, before, packageLines(job.home.venv)))
        shop.lacksPackages = !(await syncPackages(ctx, job, tools))
      prepareCore(ctx, job) // it may have found that the home needs a core of its own
      return false
    }
    case 'pack': {
      const pack = await placePack(ctx, job, step)
      if (pack !== null) placed.set(step.pack, pack)
      return false
    }
  }
}
