import { expect, test } from 'vitest'
import { thrownBy } from '../../test/helpers/failure.ts'
import type { HistoryEntry } from '../comfy/history.ts'
import type { ComfypinError } from '../core/errors.ts'
import { NodeFailure, requireSuccess } from './verdict.ts'

const failure: HistoryEntry['messages'][number] = [
  'execution_error',
  {
    node_id: '3',
    node_type: 'KSampler',
    exception_type: 'torch.OutOfMemoryError',
    exception_message: 'Allocation failed\n',
    traceback: ['  File "nodes.py", line 1\n', '  token=hf_abcdefghijkl\n'],
  },
]

test('success passes', () => {
  expect(() => requireSuccess(entryWith([['execution_success', {}]], 'success'))).not.toThrow()
})

test('a failed node fails the job, even beside outputs that were made', () => {
  const error = judge({ ...entryWith([failure], 'error'), outputs: [['9', { images: [] }]] })
  expect(error.code).toBe('JOB_FAILED')
  expect(error.params).toEqual({
    node: '3',
    classType: 'KSampler',
    exception: 'torch.OutOfMemoryError',
    message: 'Allocation failed',
  })
})

test('the traceback is kept as the cause, without secrets', () => {
  const { cause } = judge(entryWith([failure], 'error'))
  expect(cause).toBeInstanceOf(NodeFailure)
  expect(cause).toMatchObject({
    node: '3',
    traceback: ['  File "nodes.py", line 1\n', '  token=hf_***\n'],
  })
})

test('a prompt that somebody stopped names the node where it was', () => {
  const stopped = judge(entryWith([['execution_interrupted', { node_id: '7' }]], 'error'))
  expect(stopped.code).toBe('JOB_INTERRUPTED')
  expect(stopped.params).toEqual({ node: '7' })
})

test('a status of error without any message is not taken for success', () => {
  expect(judge(entryWith([], 'error')).code).toBe('JOB_PROTOCOL')
})

function entryWith(messages: HistoryEntry['messages'], status: string): HistoryEntry {
  return { outputs: [], status, messages }
}

function judge(entry: HistoryEntry): ComfypinError {
  return thrownBy(() => requireSuccess(entry))
}
