import { expect, test } from 'vitest'
import { commands } from '../commands/index.ts'
import { outputs } from './index.ts'

test('the answer of every command has a published shape', () => {
  expect(Object.keys(outputs).toSorted()).toEqual(commands.map(({ name }) => name).toSorted())
})
