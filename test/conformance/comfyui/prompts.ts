import { randomUUID } from 'node:crypto'
import { access, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { Target } from '../../helpers/standin-core.ts'
import { getJson, historyOf, pollHistory, post, queuePrompt, savedFiles } from './client.ts'
import { emptyImage, node, probe, saveEmptyImage, saveImage } from './graphs.ts'
import { connect, runPrompt, type Message } from './socket.ts'

/** How one prompt goes: its events, its history, what is cached. */
export function describePrompts(target: () => Target): void {
  describe('a prompt', () => {
    test('sends its events in one order, and executing-null as the last of them', async () => {
      const run = await runPrompt(target(), saveEmptyImage('events'))
      expect(run.messages.slice(1).map(summary)).toEqual([
        'status 1',
        'status 1',
        'execution_start',
        'execution_cached []',
        'progress_state 1:running',
        'executing 1',
        'progress_state 1:finished',
        'progress_state 1:finished 2:running',
        'executing 2',
        'executed 2',
        'progress_state 1:finished 2:finished',
        'execution_success',
        'status 0',
        'executing null',
      ])
    })

    test('names itself in every event of its own', async () => {
      const run = await runPrompt(target(), saveEmptyImage('names'))
      const own = run.messages.filter(({ type }) => type !== 'status')
      expect(new Set(own.map(({ data }) => data['prompt_id']))).toEqual(new Set([run.promptId]))
    })

    test('is in the history as soon as executing-null arrives', async () => {
      const graph = saveEmptyImage('history')
      const { history, promptId } = await runPrompt(target(), graph)
      expect(history.status).toMatchObject({ status_str: 'success', completed: true })
      expect(history.status.messages.map(([type]) => type)).toEqual([
        'execution_start',
        'execution_cached',
        'execution_success',
      ])
      expect(history.prompt).toEqual([
        expect.any(Number),
        promptId,
        graph,
        expect.objectContaining({ client_id: expect.any(String) }),
        ['2'],
      ])
      const image = { filename: 'history_00001_.png', subfolder: '', type: 'output' }
      expect(history.outputs).toEqual({ '2': { images: [image] } })
      expect(history.meta).toMatchObject({
        '2': { node_id: '2', display_node: '2', parent_node: null, real_node_id: '2' },
      })
    })

    test('tells in `executed` what the history tells', async () => {
      const run = await runPrompt(target(), saveEmptyImage('executed'))
      const executed = run.messages.find(({ type }) => type === 'executed')
      expect(executed?.data).toEqual({
        node: '2',
        display_node: '2',
        output: run.history.outputs['2'],
        prompt_id: run.promptId,
      })
    })

    test('without a client id gets an id from the server and lands in the history', async () => {
      const { prompt_id } = await queuePrompt(target(), saveEmptyImage('anonymous'))
      const entry = await pollHistory(target(), prompt_id)
      expect(entry.status.status_str).toBe('success')
    })

    test('of text only has its text in the history', async () => {
      const graph = { '1': node('PreviewAny', { source: 'any text' }) }
      const { history } = await runPrompt(target(), graph)
      expect(history.outputs).toEqual({ '1': { text: ['any text'] } })
    })

    test('runs only the outputs that partial_execution_targets names', async () => {
      const graph = { ...saveEmptyImage('partial'), '3': saveImage(['1', 0], 'partial-not') }
      const run = await runPrompt(target(), graph, { targets: ['2'] })
      expect(Object.keys(run.history.outputs)).toEqual(['2'])
      expect(run.history.prompt[4]).toEqual(['2'])
    })

    test('gives hidden inputs to nodes that ask for them', async () => {
      const graph = { '5': node('ProbeHidden', { text: 'x' }), '6': emptyImage() }
      const extraData = { extra_pnginfo: { workflow: {}, note: 'n' } }
      const { history } = await runPrompt(target(), graph, { extraData })
      expect(history.outputs['5']?.text).toEqual(['5', '5,6', 'note,workflow'])
    })
  })

  describe('a repeated prompt', () => {
    test('is cached: the same file name again and nothing saved', async () => {
      const graph = saveEmptyImage('again/cached')
      const first = await runPrompt(target(), graph)
      const second = await runPrompt(target(), graph)
      expect(savedFiles(second, '2')).toEqual(savedFiles(first, '2'))
      const folder = join(target().homeDir, 'output/again')
      expect(await readdir(folder)).toEqual(['cached_00001_.png'])
      expect(second.messages.slice(3).map(summary)).toEqual([
        'execution_start',
        'execution_cached [1,2]',
        'executed 2',
        'progress_state 2:finished',
        'execution_success',
        'status 0',
        'executing null',
      ])
    })

    test('runs again from the first changed node on', async () => {
      const image = emptyImage()
      await runPrompt(target(), { '1': image, '2': saveImage(['1', 0], 'changed-a') })
      const graph = { '1': image, '2': saveImage(['1', 0], 'changed-b') }
      const { messages, history } = await runPrompt(target(), graph)
      expect(messages.map(summary)).toContain('execution_cached [1]')
      expect(history.outputs['2']?.images?.[0]?.filename).toBe('changed-b_00001_.png')
    })

    test('saves again after POST /free with free_memory', async () => {
      const graph = saveEmptyImage('freed')
      await runPrompt(target(), graph)
      const gate = join(target().homeDir, `gate-${randomUUID()}`)
      await queuePrompt(target(), probe('ProbeHold', { gate }))
      // The flag is taken between two prompts: this one is done with before the next starts.
      await post(target(), '/free', { free_memory: true })
      const socket = await connect(target())
      const again = await queuePrompt(target(), graph, { clientId: socket.clientId })
      await writeFile(gate, '')
      const history = await socket.untilEnd(again.prompt_id)
      await socket.close()
      expect(savedFiles({ history }, '2')[0]?.filename).toBe('freed_00002_.png')
    })
  })

  describe('a prompt that fails in a node', () => {
    test('sends execution_error with the cause and has status error in the history', async () => {
      const run = await runPrompt(target(), probe('ProbeRaise', { message: 'boom in a node' }))
      const error = run.messages.find(({ type }) => type === 'execution_error')
      expect(error?.data).toMatchObject({
        prompt_id: run.promptId,
        node_id: '1',
        node_type: 'ProbeRaise',
        executed: [],
        exception_message: expect.stringContaining('boom in a node'),
        exception_type: 'ValueError',
        traceback: expect.arrayContaining([expect.stringContaining('raise ValueError(message)')]),
        current_inputs: { message: ['boom in a node'] },
        timestamp: expect.any(Number),
      })
      expect(run.history.status).toMatchObject({ status_str: 'error', completed: false })
      const types = run.history.status.messages.map(([type]) => type)
      expect(types).toEqual(['execution_start', 'execution_cached', 'execution_error'])
      expect(run.messages.map(summary).at(-1)).toBe('executing null')
    })

    test('does not stop the queue', async () => {
      await runPrompt(target(), probe('ProbeRaise', { message: 'once' }))
      const { history } = await runPrompt(target(), saveEmptyImage('after-error'))
      expect(history.status.status_str).toBe('success')
    })
  })

  describe('the history', () => {
    test('lists the newest entries for max_items, oldest of them first', async () => {
      const runs = []
      for (const text of ['a', 'b', 'c']) {
        runs.push(await runPrompt(target(), { '1': node('PreviewAny', { source: text }) }))
      }
      const newest = await getJson(target(), '/history?max_items=2')
      expect(Object.keys(newest ?? {})).toEqual(runs.slice(1).map(({ promptId }) => promptId))
    })

    test('is empty for an id that it does not have', async () => {
      expect(await getJson(target(), `/history/${randomUUID()}`)).toEqual({})
    })

    test('forgets the entries that POST /history deletes, and keeps their files', async () => {
      const run = await runPrompt(target(), saveEmptyImage('forgotten'))
      const answer = await post(target(), '/history', { delete: [run.promptId] })
      expect([answer.status, await answer.text()]).toEqual([200, ''])
      expect(await historyOf(target(), run.promptId)).toBeUndefined()
      await access(join(target().homeDir, 'output/forgotten_00001_.png'))
    })

    test('forgets everything on clear', async () => {
      await runPrompt(target(), saveEmptyImage('cleared'))
      await post(target(), '/history', { clear: true })
      expect(await getJson(target(), '/history')).toEqual({})
    })
  })
}

const nodeStatesSchema = z.record(z.string(), z.object({ state: z.string() }))

/** A message as one line: its type and what a reader looks for in it. */
function summary({ type, data }: Message): string {
  const text = JSON.stringify(data)
  if (type === 'status') return `status ${/"queue_remaining":(\d+)/.exec(text)?.[1]}`
  if (type === 'execution_cached') return `execution_cached [${[data['nodes']].flat().join()}]`
  if (type === 'executing' || type === 'executed') return `${type} ${String(data['node'])}`
  if (type !== 'progress_state') return type
  const nodes = Object.entries(nodeStatesSchema.parse(data['nodes']))
  const states = nodes.map(([id, { state }]) => `${id}:${state}`)
  return `progress_state ${states.join(' ')}`
}
