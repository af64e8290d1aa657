import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { thrownBy } from '../../test/helpers/failure.ts'
import { describeError } from '../core/describe-error.ts'
import { selectorOf } from './selector.ts'

test.each([
  [['a'], {}, { id: 'a', path: null }],
  [[], { 'version-id': 'b' }, { id: 'b', path: null }],
  [['a'], { 'version-id': 'a' }, { id: 'a', path: null }],
  [[], { spec: '/x/c.json' }, { id: null, path: '/x/c.json' }],
  [[], { spec: 'c.json' }, { id: null, path: resolve('c.json') }],
  [[], { spec: '~/c.json' }, { id: null, path: join(homedir(), 'c.json') }],
  [['a'], { spec: '/x/c.json' }, { id: 'a', path: '/x/c.json' }],
])('%j with %j means %j', (args, flags, selector) => {
  expect(selectorOf({ args, flags })).toEqual(selector)
})

test('two ids are a mistake, because one of them would count for nothing', () => {
  const failure = thrownBy(() => selectorOf({ args: ['a'], flags: { 'version-id': 'b' } }))
  expect(failure).toMatchObject({
    code: 'USAGE',
    params: { reason: '"a" and "b" are two versions; give one' },
  })
})

test('neither an id nor a spec is a mistake', () => {
  expect(thrownBy(() => selectorOf({ args: [], flags: {} }))).toMatchObject({ code: 'USAGE' })
})

test.each([
  [['a'], { 'version-id': 'b' }, '«a» и «b» — разные версии; укажите одну'],
  [[], {}, 'какая версия? укажите <id> или --spec ПУТЬ'],
])('%j with %j is told in Russian', async (args, flags, message) => {
  const failure = thrownBy(() => selectorOf({ args, flags }))
  expect((await describeError(failure, 'ru')).message).toBe(message)
})
