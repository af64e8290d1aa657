import { expect, test } from 'vitest'
import type { ComfypinEvent } from '../core/events.ts'
import { ndjsonReporter } from './ndjson.ts'

function written(...events: ComfypinEvent[]): string {
  let text = ''
  const report = ndjsonReporter((line) => (text += line))
  events.forEach(report)
  return text
}

test('every event is one line of JSON, as it was', () => {
  const events: ComfypinEvent[] = [
    { type: 'job.node', node: '1', classType: null },
    { type: 'job.cached', nodes: ['1', '2'] },
    { type: 'warning', code: 'PACK_FAILED', params: { name: 'a', reason: 'two\nlines\r\n' } },
    { type: 'instance.log', line: '\u001b[2J\u0000 \u2028 \ud800' },
    { type: 'download.start', id: 'model:0', name: 'a.pt', size: null },
  ]
  const lines = written(...events).split('\n')
  expect(lines.pop()).toBe('')
  expect(lines.map((line) => JSON.parse(line))).toEqual(events)
  expect(lines.join('')).not.toContain('\u001b')
})

test('credentials are taken out, however deep they stand', () => {
  const text = written(
    { type: 'job.cached', nodes: ['https://me:secret@example.org'] },
    { type: 'warning', code: 'PACK_FAILED', params: { name: 'a', reason: '?token=secret' } },
  )
  expect(text).not.toContain('secret')
  expect(text).toContain('***')
})
