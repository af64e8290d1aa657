import { expect, test } from 'vitest'
import { createTestCtx } from '../../test/helpers/test-ctx.ts'
import { expandSpecEnv, pythonRequest } from './spec-env.ts'

test.each([
  ['plain', 'plain'],
  ['${HOME_DIR}/x', '/me/x'],
  ['${EARLIER}!', 'first!'],
  ['${HOME_DIR}${EARLIER}', '/mefirst'],
  ['[${UNSET}]', '[]'],
  ['${LATER}', ''],
  ['$HOME_DIR', '$HOME_DIR'],
  ['${QUOTED}', '${HOME_DIR}'],
  ['${toString}${constructor}${__proto__}', ''],
])('the value %j becomes %j', (value, expected) => {
  const outer = { HOME_DIR: '/me', QUOTED: '${HOME_DIR}' }
  const expanded = expandSpecEnv({ EARLIER: 'first', VALUE: value, LATER: 'last' }, outer)
  expect(expanded).toEqual({ EARLIER: 'first', VALUE: expected, LATER: 'last' })
})

test('an entry may extend the variable that it hides', () => {
  const expanded = expandSpecEnv({ PATH: '/mine:${PATH}' }, { PATH: '/usr/bin' })
  expect(expanded).toEqual({ PATH: '/mine:/usr/bin' })
})

test('the interpreter is asked for outside first, then by the spec', () => {
  const { settings } = createTestCtx({ python: '3.12' }).ctx
  expect(pythonRequest(settings, { COMFY_PYTHON: '3.11' })).toBe('3.12')
  expect(pythonRequest({ ...settings, python: null }, { COMFY_PYTHON: '3.11' })).toBe('3.11')
  expect(pythonRequest({ ...settings, python: null }, {})).toBeNull()
})
