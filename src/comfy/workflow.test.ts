import { expect, test } from 'vitest'
import { thrownBy } from '../../test/helpers/failure.ts'
import { parseWorkflow } from './workflow.ts'

const graph = { '1': { class_type: 'EmptyImage', inputs: { width: 64 } } }

test('a workflow in API format is read, and every node gets a title', () => {
  expect(parseWorkflow(JSON.stringify(graph), 'w.json')).toEqual({
    '1': { class_type: 'EmptyImage', inputs: { width: 64 }, _meta: { title: 'EmptyImage' } },
  })
})

test('a title that is there is kept, with what lies beside it', () => {
  const titled = { '1': { ...graph['1'], _meta: { title: 'mine', note: 1 } } }
  expect(parseWorkflow(JSON.stringify(titled), 'w.json')['1']?._meta).toEqual({
    title: 'mine',
    note: 1,
  })
})

test('the body of a /prompt request is unwrapped, a byte order mark is skipped', () => {
  const text = `\uFEFF${JSON.stringify({ client_id: 'x', prompt: graph })}`
  expect(Object.keys(parseWorkflow(text, 'w.json'))).toEqual(['1'])
})

test('a node may be called "prompt"', () => {
  const text = JSON.stringify({ prompt: graph['1'] })
  expect(parseWorkflow(text, 'w.json')['prompt']?.class_type).toBe('EmptyImage')
})

test('a node called __proto__ stays a node and reaches nothing else', () => {
  const workflow = parseWorkflow(
    '{"__proto__": {"class_type": "A", "inputs": {"__proto__": {"polluted": 1}}}}',
    'w.json',
  )
  expect(Object.keys(workflow)).toEqual(['__proto__'])
  expect(JSON.stringify(workflow)).toContain('"__proto__":{"class_type":"A"')
  expect(Object.hasOwn(Object.prototype, 'class_type')).toBe(false)
  expect({}).not.toHaveProperty('polluted')
})

test.each([
  ['the UI format', '{"nodes": [], "links": [], "version": 0.4}', 'WORKFLOW_UI_FORMAT'],
  ['the UI format in a request', '{"prompt": {"nodes": [], "links": []}}', 'WORKFLOW_UI_FORMAT'],
  ['text that is not JSON', 'const x = 1', 'WORKFLOW_UNREADABLE'],
  ['a list', '[]', 'WORKFLOW_UNREADABLE'],
  ['nothing', '{}', 'WORKFLOW_UNREADABLE'],
  ['a node without a class', '{"1": {"inputs": {}}}', 'WORKFLOW_UNREADABLE'],
  ['a value that is no node', '{"1": 5}', 'WORKFLOW_UNREADABLE'],
])('%s is refused', (_, text, code) => {
  expect(thrownBy(() => parseWorkflow(text, 'w.json')).code).toBe(code)
})

test('a program is refused before it is read', () => {
  const thrown = thrownBy(() => parseWorkflow(JSON.stringify(graph), 'make.js'))
  expect(thrown.code).toBe('WORKFLOW_UNREADABLE')
})
