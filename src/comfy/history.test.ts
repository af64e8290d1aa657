import { expect, test } from 'vitest'
import { historyEntry } from './history.ts'

test('a finished prompt has outputs, a status and the events that ComfyUI keeps', () => {
  const body = {
    p: {
      outputs: { '9': { images: [{ filename: 'a.png' }] }, '10': 'not an object' },
      status: {
        status_str: 'success',
        completed: true,
        messages: [['execution_start', { prompt_id: 'p' }], ['odd'], 'odd'],
      },
    },
  }
  expect(historyEntry(body, 'p')).toEqual({
    outputs: [['9', { images: [{ filename: 'a.png' }] }]],
    status: 'success',
    messages: [['execution_start', { prompt_id: 'p' }]],
  })
})

test('a prompt that is not finished has no entry, whatever its id is', () => {
  expect(historyEntry({}, 'p')).toBeNull()
  expect(historyEntry({}, 'constructor')).toBeNull()
})
