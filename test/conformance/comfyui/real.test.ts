import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { writeAtomic } from '../../../src/platform/files.ts'
import { readMarker } from '../../../src/realize/marker.ts'
import { runCli } from '../../helpers/cli.ts'
import { startCore, type StartOptions, type Target } from '../../helpers/standin-core.ts'
import { describeContract } from './contract.ts'

/**
 * The contract on real ComfyUI, realized by comfypin itself:
 *   COMFYPIN_TEST_COMFYUI           git URL or path of a ComfyUI repository
 *   COMFYPIN_TEST_COMFYUI_REFS      refs to try, separated by spaces (default: its default branch)
 *   COMFYPIN_TEST_COMFYUI_PACKAGES  extra Python packages, separated by spaces
 */
const repo = process.env.COMFYPIN_TEST_COMFYUI ?? ''
const refs = words(process.env.COMFYPIN_TEST_COMFYUI_REFS)
const packages = words(process.env.COMFYPIN_TEST_COMFYUI_PACKAGES)
const root = join(import.meta.dirname, '../../../node_modules/.cache/comfypin-test/real')

if (repo === '')
  test('the contract holds on a real ComfyUI', (ctx) => {
    ctx.skip('COMFYPIN_TEST_COMFYUI is not set')
  })
else for (const ref of refs.length > 0 ? refs : [null]) describeReal(ref)

function describeReal(ref: string | null): void {
  const id = `real-${(ref ?? 'default').replaceAll(/[^\w.-]/g, '-')}`
  describe(`ComfyUI ${ref ?? 'default branch'}`, () => {
    let realized: Promise<string> | null = null
    const start = async (options?: StartOptions): Promise<Target> => {
      const home = await (realized ??= realize(id, ref))
      const coreDir = readMarker(home)?.core.dir ?? ''
      const extraArgs = ['--cpu', '--disable-api-nodes', '--disable-auto-launch']
      // Two CPU instances at once with default threads are eleven times slower each.
      const env = { OMP_NUM_THREADS: '1' }
      return startCore({ coreDir, python: join(home, '.venv/bin/python'), extraArgs, env }, options)
    }
    describeContract('is what comfypin takes it for', start)

    test('comfypin runs a smoke workflow on it', async () => {
      await (realized ??= realize(id, ref))
      const { exitCode, stdout, stderr } = await run(['test', id, '--json'])
      expect(exitCode, stderr).toBe(0)
      expect(JSON.parse(stdout)).toMatchObject({
        ok: true,
        data: { workflow: 'image', artifacts: 1 },
      })
    })
  })
}

/** Realize once and keep it for the next run of the tests. */
async function realize(id: string, ref: string | null): Promise<string> {
  const spec = {
    schema_version: 2,
    version_id: id,
    comfy: { repo, ref },
    python_packages: packages,
  }
  writeAtomic(join(root, 'versions', `${id}.json`), JSON.stringify(spec, null, 2))
  const { exitCode, stdout, stderr } = await run(['realize', id, '--json'])
  if (exitCode !== 0) throw new Error(`realize failed:\n${stdout}\n${stderr}`)
  const lock = readFileSync(join(root, 'cache/resolved', `${id}.lock.json`), 'utf8')
  expect(lock).toContain('"commit"')
  return join(root, 'homes', `comfy-${id}`)
}

function run(args: readonly string[]) {
  return runCli(args, {
    env: {
      COMFY_CACHE_ROOT: join(root, 'cache'),
      COMFY_VERSIONS_DIR: join(root, 'versions'),
      COMFY_BUILDS_ROOT: join(root, 'homes'),
      MODELS_DIR: join(root, 'models'),
    },
  })
}

function words(text: string | undefined): string[] {
  return (text ?? '').split(/\s+/).filter((word) => word !== '')
}
