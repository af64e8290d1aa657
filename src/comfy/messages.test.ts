import { expect, test } from 'vitest'
import { parseMessage } from './messages.ts'

test.each([
  [
    { type: 'executing', data: { node: null, prompt_id: 'p' } },
    { type: 'end', promptId: 'p' },
  ],
  [
    { type: 'executing', data: { node: '9.0.1', display_node: '9', prompt_id: 'p' } },
    { type: 'node', promptId: 'p', node: '9' },
  ],
  [
    { type: 'progress', data: { value: 1, max: 8, node: '3', prompt_id: 'p' } },
    { type: 'progress', promptId: 'p', node: '3', value: 1, max: 8 },
  ],
  [
    { type: 'execution_cached', data: { nodes: ['1', '2'], prompt_id: 'p' } },
    { type: 'cached', promptId: 'p', nodes: ['1', '2'] },
  ],
  [{ type: 'progress', data: { value: 'x', max: 8, node: '3', prompt_id: 'p' } }, null],
  [{ type: 'executing', data: { node: '3' } }, null],
  [{ type: 'execution_success', data: { prompt_id: 'p' } }, null],
  [{ type: 'pack.message', data: [1, 2] }, null],
  ['text', null],
])('%j', (message, expected) => {
  expect(parseMessage(JSON.stringify(message))).toEqual(expected)
})

test('what is not JSON is not a message', () => {
  expect(parseMessage('{')).toBeNull()
})
