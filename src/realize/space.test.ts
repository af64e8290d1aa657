import { join } from 'node:path'
import { expect, test } from 'vitest'
import { thrownBy } from '../../test/helpers/failure.ts'
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

function setUp(skipSpaceCheck = false) {
  const root = tempDir()
  const modelsDir = join(root, 'not/there/yet')
  const { ctx, events } = createTestCtx({ home: root, modelsDir, skipSpaceCheck })
  const input = { specText: '', lock, lockText: '', check: 'new', upgrade: false } as const
  const job = createJob(ctx, input)
  return { check: (...steps: ModelStep[]) => checkSpace(ctx, job, steps), events, modelsDir }
}

function model(size: number | null, action: ModelStep['action'] = 'download'): ModelStep {
  const source = 'https://example.org/a.pt'
  return { id: 'model:0', kind: 'model', needs: [], action, index: 0, source, path: '/a.pt', size }
}

test('models that fit one by one but not together are refused before the first', () => {
  const { check, modelsDir } = setUp()
  const most = Math.floor((freeBytes(modelsDir) ?? 0) * 0.6)
  check(model(most))
  expect(thrownBy(() => check(model(most), model(most)))).toMatchObject({
    code: 'DISK_FULL',
    params: { path: modelsDir, needed: expect.stringMatching(/B$/) },
  })
})

test('only what is to come counts', () => {
  const { check, events } = setUp()
  const huge = Number.MAX_SAFE_INTEGER
  check(model(huge, 'present'), model(huge, 'skip'), model(huge, 'missing'), model(null, 'skip'))
  expect(events).toEqual([])
})

test('a size that nobody knows is told', () => {
  const { check, events } = setUp()
  check(model(null), model(10))
  const params = { source: 'https://example.org/a.pt' }
  expect(events).toEqual([{ type: 'warning', code: 'MODEL_SIZE_UNKNOWN', params }])
})

test('the comparison can be left out', () => {
  expect(() => setUp(true).check(model(Number.MAX_SAFE_INTEGER))).not.toThrow()
})
