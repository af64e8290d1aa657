import { expect, test } from 'vitest'
import { createTestCtx } from '../../test/helpers/test-ctx.ts'
import { pythonRequest } from './spec-env.ts'

test('the interpreter is asked for outside first, then by the spec', () => {
  const { settings } = createTestCtx({ python: '3.12' }).ctx
  expect(pythonRequest(settings, { COMFY_PYTHON: '3.11' })).toBe('3.12')
  expect(pythonRequest({ ...settings, python: null }, { COMFY_PYTHON: '3.11' })).toBe('3.11')
  expect(pythonRequest({ ...settings, python: null }, {})).toBeNull()
})
