import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { InstanceRequest } from '../../src/comfy/instance.ts'
import { demoDir } from './standin-core.ts'
import { standinPython } from './standin-python.ts'
import { tempDir } from './temp.ts'

const probePack = join(import.meta.dirname, '../fixtures/probe-pack')

/** A new home with the probe pack and further single-file packs, to be started on the stand-in core. */
export async function makeProbeHome(packs: Record<string, string> = {}): Promise<InstanceRequest> {
  const home = tempDir('home')
  const customNodes = join(home, 'custom_nodes')
  mkdirSync(customNodes)
  symlinkSync(probePack, join(customNodes, 'probe'))
  for (const [name, source] of Object.entries(packs)) {
    const file = join(customNodes, name, '__init__.py')
    mkdirSync(dirname(file))
    writeFileSync(file, `${source}\nNODE_CLASS_MAPPINGS = {}\n`)
  }
  const core = { coreDir: join(demoDir, 'core'), python: await standinPython() }
  return { ...core, home, extraModelPaths: null }
}
