import { describe, expect, test } from 'vitest'
import type { ComfypinEvent } from '../core/events.ts'
import type { Language } from '../core/messages.ts'
import { plainReporter } from './plain.ts'

function linesOf(
  events: readonly ComfypinEvent[],
  { language = 'en' as Language, verbose = false } = {},
): string[] {
  const written: string[] = []
  const report = plainReporter({ language, verbose, write: (text) => written.push(text) })
  events.forEach(report)
  return written.join('').split('\n').slice(0, -1)
}

const step = { id: 'checkout:core', kind: 'checkout', subject: 'core abcdef' }
const download = { type: 'download.start', id: 'model:0', name: 'a.pt', size: 2048 } as const
const checked = { type: 'pack.checked', name: 'alpha', nodes: 3, seconds: 0.1 } as const

describe('a fact that matters is one line, in the language of the user', () => {
  test.each<[ComfypinEvent, string, string]>([
    [
      { type: 'warning', code: 'PACK_WRITES', params: { name: 'alpha' } },
      'warning: pack alpha writes into its own folder; this home gets a private copy',
      'внимание: пак alpha пишет в свою папку; для этого дома сделана отдельная копия',
    ],
    [
      { type: 'step.end', ...step, ms: 1500, reused: false },
      'checkout core abcdef (1.5 s)',
      'исходники core abcdef (1.5 s)',
    ],
    [
      { type: 'download.end', id: 'model:9', received: 2048, ms: 10 },
      'model:9 2.0 KiB (10 ms)',
      'model:9 2.0 KiB (10 ms)',
    ],
    [
      { type: 'download.retry', id: 'model:9', attempt: 2, reason: 'reset', waitMs: 500 },
      'model:9: reset; attempt 2 in 500 ms',
      'model:9: reset; попытка 2 через 500 ms',
    ],
    [
      { type: 'lock.wait', path: '/c/x.lock', holder: 'host 7' },
      'waiting for host 7 (/c/x.lock)',
      'ожидание host 7 (/c/x.lock)',
    ],
    [{ type: 'job.cached', nodes: ['1', '2'] }, 'cached nodes: 2', 'узлов из кэша: 2'],
    [{ type: 'job.node', node: '5', classType: 'KSampler' }, 'node 5 KSampler', 'узел 5 KSampler'],
    [
      { type: 'instance.ready', url: 'http://127.0.0.1:8188', pid: 1, ms: 4400 },
      'ComfyUI answers at http://127.0.0.1:8188 (4.4 s)',
      'ComfyUI отвечает на http://127.0.0.1:8188 (4.4 s)',
    ],
  ])('%j', (event, en, ru) => {
    expect(linesOf([event])).toEqual([en])
    expect(linesOf([event], { language: 'ru' })).toEqual([ru])
  })
})

test('what begins, goes on or was there already is not worth a line', () => {
  const quiet: ComfypinEvent[] = [
    { type: 'step.start', ...step },
    { type: 'step.end', ...step, ms: 1, reused: true },
    { type: 'step.fail', ...step, code: 'GIT_AUTH' },
    download,
    { type: 'download.progress', id: 'model:0', received: 1, size: 2 },
    { type: 'instance.exit', code: 0, signal: null },
    { type: 'job.progress', node: '1', value: 1, max: 2 },
    { type: 'job.cached', nodes: [] },
    { ...checked, ok: true, reason: null },
    { type: 'instance.log', line: 'Starting server' },
    { type: 'exec.line', command: 'uv', line: 'Resolved 3 packages' },
  ]
  expect(linesOf(quiet)).toEqual([])
})

test('who asks for more sees the tools, the log and every pack', () => {
  const events: ComfypinEvent[] = [
    { type: 'exec.line', command: 'uv', line: 'Resolved 3 packages' },
    { type: 'instance.log', line: 'Starting server' },
    { ...checked, ok: true, reason: null },
    { ...checked, ok: false, reason: 'told by a warning' },
  ]
  expect(linesOf(events, { verbose: true })).toEqual([
    'Resolved 3 packages',
    'Starting server',
    '  pack alpha: nodes: 3',
  ])
})

test('a transfer is called by the name it started with', () => {
  const lines = linesOf([
    download,
    { type: 'download.retry', id: 'model:0', attempt: 1, reason: 'reset', waitMs: 500 },
    { type: 'download.end', id: 'model:0', received: 2048, ms: 10 },
  ])
  expect(lines).toEqual(['a.pt: reset; attempt 1 in 500 ms', 'a.pt 2.0 KiB (10 ms)'])
})

describe('what others say is shown and not obeyed', () => {
  const evil = '\u001b[2Jevil\u0007\r\u009b1A\u202Etxt'
  const shown = 'evil\\u0007\\u000d\\u009b1A\\u202etxt'

  test.each<[string, ComfypinEvent]>([
    ['the name of a pack', { type: 'warning', code: 'PACK_WRITES', params: { name: evil } }],
    ['the subject of a step', { type: 'step.end', ...step, subject: evil, ms: 1, reused: false }],
    ['a line of a tool', { type: 'exec.line', command: 'uv', line: evil }],
    ['a line of ComfyUI', { type: 'instance.log', line: evil }],
    ['a class of nodes', { type: 'job.node', node: '1', classType: evil }],
    ['the holder of a lock', { type: 'lock.wait', path: '/c', holder: evil }],
    [
      'the answer of a server',
      { type: 'download.retry', id: '1', attempt: 1, reason: evil, waitMs: 1 },
    ],
  ])('%s', (_, event) => {
    expect(linesOf([event], { verbose: true }).join()).toContain(shown)
  })

  test('the name of a file', () => {
    const end = { type: 'download.end', id: 'model:0', received: 1, ms: 1 } as const
    expect(linesOf([{ ...download, name: evil }, end])).toEqual([`${shown} 1 B (1 ms)`])
  })

  test('text in braces stays text', () => {
    const params = { name: '{reason}', reason: '{name} $& $1' }
    expect(linesOf([{ type: 'warning', code: 'PACK_FAILED', params }])).toEqual([
      'warning: pack {reason} does not import: {name} $& $1',
    ])
  })
})

test.each([
  'https://me:secret@example.org/a.git',
  'https://example.org/a.pt?token=secret',
  'Authorization: Bearer secretsecret',
  'hf_secretsecret',
  'hf\u001b[0m_secretsecret',
])('a credential is never told: %j', (text) => {
  const written = linesOf(
    [
      { type: 'exec.line', command: 'uv', line: text },
      { type: 'warning', code: 'PACK_FAILED', params: { name: 'a', reason: text } },
    ],
    { verbose: true },
  )
  expect(written).toHaveLength(2)
  expect(written.join()).not.toContain('secretsecret')
  expect(written.join()).not.toMatch(/=secret|:secret/)
})
