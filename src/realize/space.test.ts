import { realpathSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { tempDir } from '../../test/helpers/temp.ts'
import { createTestCtx } from '../../test/helpers/test-ctx.ts'
import { freeBytes } from '../platform/files.ts'
import type { Lock } from '../resolve/types.ts'
import { createJob } from './job.ts'
import { checkSpace } from './space.ts'
import type { ModelStep } from './step.ts'

const lock: Lock = {
  schema_version: 1,
  version_id: 'main',
  comfy: { repo: 'https://example.org/a/ComfyUI', ref: null, commit: 'c'.repeat(40) },
  ...{ custom_nodes: [], models: [], env: {} },
  ...{ python_packages: [], python_overrides: [], python_twins: 'one' },
  options: { offline: false, skip_models: false },
}

function setUp({ skipSpaceCheck = false, quotaBytes = null as number | null } = {}) {
  const root = realpathSync(tempDir())
  const modelsDir = join(root, 'not/there/yet')
  const { ctx, events } = createTestCtx({
    ...{ home: root, modelsDir, skipSpaceCheck },
    volume: { root, quotaBytes },
  })
  const input = { specText: '', lock, lockText: '', check: 'new', upgrade: false } as const
  const job = createJob(ctx, input)
  return { check: (...steps: ModelStep[]) => checkSpace(ctx, job, steps), events, modelsDir, root }
}

function model(
  size: number | null,
  action: ModelStep['action'] = 'download',
  arrived = 0,
): ModelStep {
  const source = 'https://example.org/a.pt'
  return {
    ...{ id: 'model:0', kind: 'model', needs: [], index: 0, source, path: '/a.pt' },
    ...{ action, size, arrived },
  }
}

test('models that fit one by one but not together are refused before the first', async () => {
  const { check, modelsDir } = setUp()
  const most = Math.floor((freeBytes(modelsDir) ?? 0) * 0.6)
  await check(model(most))
  await expect(check(model(most), model(most, 'copy'))).rejects.toMatchObject({
    code: 'DISK_FULL',
    params: { path: modelsDir, needed: expect.stringMatching(/B$/) },
  })
})

test('only what is really written counts', async () => {
  const { check, events } = setUp()
  const huge = Number.MAX_SAFE_INTEGER
  const actions = ['present', 'skip', 'missing', 'link', 'adopt'] as const
  await check(...actions.map((action) => model(huge, action)), model(null, 'skip'))
  await check(model(huge, 'download', huge - 10))
  expect(events).toEqual([])
})

test('a size that nobody knows is told', async () => {
  const { check, events } = setUp()
  await check(model(null), model(10))
  const params = { source: 'https://example.org/a.pt' }
  expect(events).toEqual([{ type: 'warning', code: 'MODEL_SIZE_UNKNOWN', params }])
})

test('the quota of a volume counts where its filesystem shows more', async () => {
  const { check, root } = setUp({ quotaBytes: 1_000_000 })
  await check(model(500_000))
  await expect(check(model(500_000), model(600_000))).rejects.toMatchObject({
    code: 'DISK_FULL',
    params: { path: root },
  })
})

test('the comparison can be left out', async () => {
  const { check } = setUp({ skipSpaceCheck: true, quotaBytes: 1 })
  await expect(check(model(Number.MAX_SAFE_INTEGER))).resolves.toBeUndefined()
})
