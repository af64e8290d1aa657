import { randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Target } from '../../helpers/standin-core.ts'
import { coreVersion, pollHistory, post, queuePrompt, refusedPrompt } from './client.ts'
import { emptyImage, node, saveEmptyImage, saveImage, type Graph } from './graphs.ts'
import { runPrompt } from './socket.ts'
import { expectationsOf } from './versions.ts'

/** What POST /prompt refuses, and how it says so. */
export function describeValidation(target: () => Target): void {
  describe('POST /prompt', () => {
    let expected: ReturnType<typeof expectationsOf>
    beforeAll(async () => {
      expected = expectationsOf(await coreVersion(target()))
    })

    test('answers 500 to a body that is not JSON', async () => {
      const url = `${target().baseUrl}/prompt`
      const answer = await fetch(url, { method: 'POST', body: 'not JSON' })
      expect(answer.status).toBe(500)
    })

    test('answers 400 to a body without a prompt', async () => {
      const answer = await post(target(), '/prompt', { client_id: 'someone' })
      expect(answer.status).toBe(400)
      const error = { type: 'no_prompt', message: 'No prompt provided', extra_info: {} }
      expect(await answer.json()).toMatchObject({ error, node_errors: {} })
    })

    test('refuses a prompt with an unknown class, even one that no output needs', async () => {
      const graph = { ...saveEmptyImage('x'), '7': node('NoSuchClass', {}) }
      const { error, node_errors } = await refusedPrompt(target(), graph)
      expect(error).toMatchObject({
        type: expected.unknownNodeType,
        message: expected.unknownNodeMessage('NoSuchClass'),
        details: "Node ID '#7'",
      })
      expect(node_errors).toEqual({})
    })

    test('refuses a node without a class', async () => {
      const answer = await post(target(), '/prompt', { prompt: { '7': { inputs: {} } } })
      expect(answer.status).toBe(400)
      const error = { type: expected.unknownNodeType, details: "Node ID '#7'" }
      expect(await answer.json()).toMatchObject({ error })
    })

    test('refuses a prompt that puts nothing out', async () => {
      const { error } = await refusedPrompt(target(), { '1': emptyImage() })
      expect(error).toMatchObject({ type: 'prompt_no_outputs', message: 'Prompt has no outputs' })
    })

    test('refuses execution targets that match no output', async () => {
      const { error } = await refusedPrompt(target(), saveEmptyImage('x'), { targets: ['1'] })
      expect(error.type).toBe('prompt_no_outputs')
    })

    test.for(inputErrors)('reports %s', async ([type, graph, message, extraInfo]) => {
      const { error, node_errors } = await refusedPrompt(target(), graph)
      expect(error.type).toBe('prompt_outputs_failed_validation')
      expect(Object.keys(node_errors)).toEqual(['1'])
      expect(node_errors['1']).toMatchObject({
        class_type: graph['1']?.class_type,
        dependent_outputs: [graph['2'] === undefined ? '1' : '2'],
        errors: [{ type, message, extra_info: extraInfo }],
      })
    })

    test('lists every broken input of a node', async () => {
      const graph = {
        '1': node('EmptyImage', { width: 0, height: 0 }),
        '2': saveImage(['1', 0], 'x'),
      }
      const { node_errors } = await refusedPrompt(target(), graph)
      expect(node_errors['1']?.errors.map(({ type }) => type).toSorted()).toEqual([
        'required_input_missing',
        'required_input_missing',
        'value_smaller_than_min',
        'value_smaller_than_min',
      ])
    })

    test('reports a cycle', async ({ skip }) => {
      skip(!expected.reportsCycles, 'this version recurses until Python stops it')
      const graph = {
        '1': node('ImageInvert', { image: ['2', 0] }),
        '2': node('ImageInvert', { image: ['1', 0] }),
        '3': saveImage(['1', 0], 'x'),
      }
      const { node_errors } = await refusedPrompt(target(), graph)
      expect(Object.keys(node_errors).toSorted()).toEqual(['1', '2'])
      expect(node_errors['1']?.errors[0]?.type).toBe('dependency_cycle')
    })

    test('runs the valid outputs of a prompt and reports the broken ones in a 200', async () => {
      const graph = { ...saveEmptyImage('good-half'), '3': node('SaveImage', {}) }
      const { node_errors, prompt_id } = await queuePrompt(target(), graph)
      expect(prompt_id).toMatch(/^[0-9a-f-]{36}$/)
      expect(node_errors).toMatchObject({ '3': { dependent_outputs: ['3'] } })
      const run = await runPrompt(target(), graph)
      expect(run.history.prompt[4]).toEqual(['2'])
      expect(Object.keys(run.history.outputs)).toEqual(['2'])
    })

    test('converts values, and the history shows what they became', async () => {
      const image = node('EmptyImage', { width: '16', height: 16.9, batch_size: 1, color: true })
      const graph = { '1': image, '2': saveImage(['1', 0], 'converted') }
      const { history } = await runPrompt(target(), graph)
      const inputs = { width: 16, height: 16, batch_size: 1, color: 1 }
      expect(history.prompt[2]['1']?.inputs).toEqual(inputs)
    })

    test('unwraps values in __value__, which is how lists are sent', async () => {
      const graph = { '1': node('PreviewAny', { source: { __value__: ['a', 'b'] } }) }
      const { history } = await runPrompt(target(), graph)
      expect(JSON.parse(history.outputs['1']?.text?.[0] ?? '')).toEqual(['a', 'b'])
    })

    test('takes the id that the client chose', async () => {
      const promptId = randomUUID()
      const run = await runPrompt(target(), saveEmptyImage('chosen-id'), { promptId })
      expect(run.history.prompt[1]).toBe(promptId)
    })

    test('accepts an id that is not a canonical UUID only in old versions', async () => {
      const ids = [randomUUID().toUpperCase(), `run-${randomUUID()}`]
      for (const id of ids) {
        const body = { prompt: saveEmptyImage('odd-id'), prompt_id: id }
        const answer = await post(target(), '/prompt', body)
        const refusal = { error: { type: 'invalid_prompt_id' }, node_errors: {} }
        const wanted = expected.refusesOddPromptIds ? refusal : { prompt_id: id }
        expect(await answer.json()).toMatchObject(wanted)
      }
    })

    test('counts prompts up, and prompts for the front down', async () => {
      const before = await queuePrompt(target(), saveEmptyImage('number'))
      const front = await queuePrompt(target(), saveEmptyImage('number'), { front: true })
      expect(front.number).toBe(-(before.number + 1))
      await pollHistory(target(), before.prompt_id)
      await pollHistory(target(), front.prompt_id)
    })
  })
}

type InputError = [type: string, graph: Graph, message: string, extraInfo: Record<string, unknown>]

const size = { width: 8, height: 8, batch_size: 1, color: 0 }

const inputErrors: InputError[] = [
  [
    'required_input_missing',
    { '1': node('SaveImage', { filename_prefix: 'x' }) },
    'Required input is missing',
    { input_name: 'images' },
  ],
  [
    'bad_linked_input',
    { '1': saveImage(['9'], 'x') },
    'Bad linked input, must be a length-2 list of [node_id, slot_index]',
    { input_name: 'images', received_value: ['9'] },
  ],
  [
    'return_type_mismatch',
    {
      '1': node('ImageInvert', { image: ['3', 0] }),
      '2': saveImage(['1', 0], 'x'),
      '3': node('ProbePreview', { text: 'x' }),
    },
    'Return type mismatch between linked nodes',
    { input_name: 'image', received_type: 'STRING', linked_node: ['3', 0] },
  ],
  [
    'invalid_input_type',
    { '1': node('EmptyImage', { ...size, width: 'wide' }), '2': saveImage(['1', 0], 'x') },
    'Failed to convert an input value to a INT value',
    { input_name: 'width', received_value: 'wide' },
  ],
  [
    'value_smaller_than_min',
    { '1': node('EmptyImage', { ...size, width: 0 }), '2': saveImage(['1', 0], 'x') },
    'Value 0 smaller than min of 1',
    { input_name: 'width', received_value: 0 },
  ],
  [
    'value_bigger_than_max',
    { '1': node('EmptyImage', { ...size, height: 16385 }), '2': saveImage(['1', 0], 'x') },
    'Value 16385 bigger than max of 16384',
    { input_name: 'height', received_value: 16385 },
  ],
  [
    'value_not_in_list',
    {
      '1': node('ImageScale', {
        ...{ image: ['3', 0], upscale_method: 'magic', crop: 'disabled' },
        ...{ width: 8, height: 8 },
      }),
      '2': saveImage(['1', 0], 'x'),
      '3': node('EmptyImage', size),
    },
    'Value not in list',
    { input_name: 'upscale_method', received_value: 'magic' },
  ],
  [
    'custom_validation_failed',
    { '1': node('LoadImage', { image: 'no-such.png' }), '2': saveImage(['1', 0], 'x') },
    'Custom validation failed for node',
    { input_name: 'image' },
  ],
  [
    'exception_during_validation',
    { '1': saveImage(['9', 0], 'x') },
    'Exception when validating node',
    { exception_type: 'KeyError' },
  ],
  [
    'exception_during_inner_validation',
    { '1': node('ImageInvert', { image: ['9', 0] }), '2': saveImage(['1', 0], 'x') },
    'Exception when validating inner node',
    { exception_type: 'KeyError', input_name: 'images', linked_node: ['1', 0] },
  ],
]
