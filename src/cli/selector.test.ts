import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { thrownBy } from '../../test/helpers/failure.ts'
import { selectorOf } from './selector.ts'

test.each([
  [['a'], {}, { id: 'a', path: null }],
  [[], { 'version-id': 'b' }, { id: 'b', path: null }],
  [['a'], { 'version-id': 'b' }, { id: 'a', path: null }],
  [[], { spec: '/x/c.json' }, { id: null, path: '/x/c.json' }],
  [[], { spec: 'c.json' }, { id: null, path: resolve('c.json') }],
  [[], { spec: '~/c.json' }, { id: null, path: join(homedir(), 'c.json') }],
  [['a'], { spec: '/x/c.json' }, { id: 'a', path: '/x/c.json' }],
])('%j with %j means %j', (args, flags, selector) => {
  expect(selectorOf({ args, flags })).toEqual(selector)
})

test('neither an id nor a spec is a mistake', () => {
  expect(thrownBy(() => selectorOf({ args: [], flags: {} }))).toMatchObject({ code: 'USAGE' })
})
