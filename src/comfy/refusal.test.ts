import { expect, test } from 'vitest'
import { refusalFrom, WorkflowRefusal } from './refusal.ts'

test('every error of every node is listed with its node, class and input', () => {
  const refusal = refusalFrom({
    error: {
      type: 'prompt_outputs_failed_validation',
      message: 'Prompt outputs failed',
      details: '',
    },
    node_errors: {
      '3': {
        class_type: 'KSampler',
        errors: [
          {
            type: 'value_not_in_list',
            message: 'Value not in list',
            details: "sampler_name: 'x' not in [...]",
            extra_info: { input_name: 'sampler_name' },
          },
          {
            type: 'required_input_missing',
            message: 'Required input is missing',
            details: 'model',
          },
        ],
      },
      '12:7': { class_type: 'Save', errors: [{ type: 't', message: 'm', details: '' }] },
    },
  })
  expect(refusal.message).toBe(
    [
      'ComfyUI refuses the workflow: Prompt outputs failed',
      "  node 3 (KSampler), input sampler_name: Value not in list: sampler_name: 'x' not in [...]",
      '  node 3 (KSampler): Required input is missing: model',
      '  node 12:7 (Save): m',
    ].join('\n'),
  )
  expect(refusal.cause).toBeInstanceOf(WorkflowRefusal)
  expect(refusal.cause).toMatchObject({
    problems: [
      { node: '3', input: 'sampler_name', type: 'value_not_in_list' },
      { node: '3', input: null },
      { node: '12:7' },
    ],
  })
})

test('a node class that is not installed is named (0.33 puts it beside the list)', () => {
  const refusal = refusalFrom({
    error: {
      type: 'missing_node_type',
      message: "Node 'X' not found. The custom node may not be installed.",
      details: "Node ID '#5'",
      extra_info: { node_id: '5', class_type: 'X', node_title: 'X' },
    },
    node_errors: {},
  })
  expect(refusal.message).toContain('node 5 (X)')
})

test('an answer of another shape still makes a sentence', () => {
  expect(refusalFrom({ error: 'no', node_errors: [] }).message).toContain('no')
  expect(refusalFrom({}).message).toContain('it does not validate')
})
