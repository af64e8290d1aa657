import { afterAll, beforeAll, describe } from 'vitest'
import type { Start, Target } from '../../helpers/standin-core.ts'
import { extraModelPaths, prepareContractHome } from './contract-home.ts'
import { describeFiles } from './files.ts'
import { describeImages } from './images.ts'
import { describeInfo } from './info.ts'
import { describePacks } from './packs.ts'
import { describeProcess } from './process.ts'
import { describePrompts } from './prompts.ts'
import { describeQueue } from './queue.ts'
import { describeValidation } from './validation.ts'
import { describeWebSocket } from './websocket.ts'

/**
 * The protocol that comfypin relies on, stated once. Whatever passes is a ComfyUI to us: the real
 * one and the stand-in. Versions may differ only where `versions.ts` says so.
 */
export function describeContract(name: string, start: Start): void {
  describe(name, () => {
    let target: Target
    beforeAll(async () => {
      target = await start({
        prepareHome: prepareContractHome,
        // Relative, as the core's working directory is its home.
        args: ['--extra-model-paths-config', extraModelPaths],
      })
    })
    afterAll(() => target?.stop())

    const running = () => target
    describePrompts(running)
    describeQueue(running)
    describeValidation(running)
    describeWebSocket(running)
    describeFiles(running)
    describeImages(running)
    describeInfo(running)
    describePacks(running)
    describeProcess(start)
  })
}
