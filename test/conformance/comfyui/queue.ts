import { randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Target } from '../../helpers/standin-core.ts'
import { coreVersion, getJson, historyOf, post, queuePrompt, queueState } from './client.ts'
import { saveEmptyImage } from './graphs.ts'
import { hold, owner } from './held-prompt.ts'
import { isEndOf, runPrompt } from './socket.ts'
import { expectationsOf } from './versions.ts'

/** Prompts that wait, and prompts that are stopped. */
export function describeQueue(target: () => Target): void {
  describe('the queue', () => {
    test('runs one prompt at a time and shows who runs and who waits', async () => {
      const held = await hold(target())
      const waiting = await queuePrompt(target(), saveEmptyImage('waits'), owner(held.socket))
      const state = await queueState(target())
      expect(state.running).toEqual([held.promptId])
      expect(state.pending).toEqual([waiting.prompt_id])
      expect(state.queue_pending[0]?.slice(0, 2)).toEqual([waiting.number, waiting.prompt_id])
      expect(state.queue_pending[0]?.[4]).toEqual(['2'])
      const remaining = { exec_info: { queue_remaining: 2 } }
      expect(await getJson(target(), '/prompt')).toEqual(remaining)
      await held.release()
      await held.socket.untilEnd(waiting.prompt_id)
      await held.socket.close()
      expect(await queueState(target())).toMatchObject({ running: [], pending: [] })
    })

    test('runs the lower number first', async () => {
      const held = await hold(target())
      const late = await queuePrompt(target(), saveEmptyImage('late'), owner(held.socket))
      const options = { ...owner(held.socket), front: true }
      const early = await queuePrompt(target(), saveEmptyImage('early'), options)
      await held.release()
      await held.socket.untilEnd(late.prompt_id)
      const ends = [held.promptId, early.prompt_id, late.prompt_id].map((id) =>
        held.socket.messages.findIndex(isEndOf(id)),
      )
      expect(ends).toEqual(ends.toSorted((a, b) => a - b))
      await held.socket.close()
    })

    test('lets a waiting prompt be deleted: it never runs and has no history', async () => {
      const held = await hold(target())
      const deleted = await queuePrompt(target(), saveEmptyImage('deleted'), owner(held.socket))
      const kept = await queuePrompt(target(), saveEmptyImage('kept'), owner(held.socket))
      const answer = await post(target(), '/queue', { delete: [deleted.prompt_id] })
      expect([answer.status, await answer.text()]).toEqual([200, ''])
      expect((await queueState(target())).pending).toEqual([kept.prompt_id])
      await held.release()
      await held.socket.untilEnd(kept.prompt_id)
      expect(await historyOf(target(), deleted.prompt_id)).toBeUndefined()
      const ids = held.socket.messages.map(({ data }) => data['prompt_id'])
      expect(ids).not.toContain(deleted.prompt_id)
      await held.socket.close()
    })

    test('cannot delete the running prompt, and does not say so', async () => {
      const held = await hold(target())
      const answer = await post(target(), '/queue', { delete: [held.promptId] })
      expect(answer.status).toBe(200)
      expect((await queueState(target())).running).toEqual([held.promptId])
      await held.finish()
    })

    test('is emptied by clear, except for the running prompt', async () => {
      const held = await hold(target())
      await queuePrompt(target(), saveEmptyImage('cleared-1'))
      await queuePrompt(target(), saveEmptyImage('cleared-2'))
      await post(target(), '/queue', { clear: true })
      const state = await queueState(target())
      expect(state).toMatchObject({ running: [held.promptId], pending: [] })
      await held.finish()
    })
  })

  describe('an interrupt', () => {
    let cancelsJobs: boolean
    beforeAll(async () => {
      cancelsJobs = expectationsOf(await coreVersion(target())).cancelsJobs
    })

    test('stops a node where it reports progress', async () => {
      const held = await hold(target())
      const answer = await post(target(), '/interrupt', { prompt_id: held.promptId })
      expect([answer.status, await answer.text()]).toEqual([200, ''])
      const history = await held.socket.untilEnd(held.promptId)
      const event = held.socket.messages.find(({ type }) => type === 'execution_interrupted')
      expect(event?.data).toEqual({
        prompt_id: held.promptId,
        node_id: '1',
        node_type: 'ProbeHold',
        executed: [],
        timestamp: expect.any(Number),
      })
      expect(history.status).toMatchObject({ status_str: 'error', completed: false })
      expect(history.status.messages.at(-1)?.[0]).toBe('execution_interrupted')
      expect(history.outputs).toEqual({})
      await held.socket.close()
    })

    test('stops a node without progress only where the next one starts', async () => {
      const held = await hold(target(), 'ProbeBlock')
      await post(target(), '/interrupt', { prompt_id: held.promptId })
      await held.release()
      await held.socket.untilEnd(held.promptId)
      const event = held.socket.messages.find(({ type }) => type === 'execution_interrupted')
      expect(event?.data).toMatchObject({ node_id: '2', executed: ['1'] })
      await held.socket.close()
    })

    test('for another prompt changes nothing', async () => {
      const held = await hold(target())
      const answer = await post(target(), '/interrupt', { prompt_id: randomUUID() })
      expect(answer.status).toBe(200)
      expect(await held.finish()).toBe('success')
    })

    test('without an id and without a body stops whatever runs', async () => {
      const held = await hold(target())
      await fetch(`${target().baseUrl}/interrupt`, { method: 'POST' })
      const history = await held.socket.untilEnd(held.promptId)
      expect(history.status.status_str).toBe('error')
      await held.socket.close()
    })

    test('when nothing runs does not reach the next prompt', async () => {
      await fetch(`${target().baseUrl}/interrupt`, { method: 'POST' })
      const { history } = await runPrompt(target(), saveEmptyImage('not-interrupted'))
      expect(history.status.status_str).toBe('success')
    })

    test('does not spoil the node: the same prompt runs to its end afterwards', async () => {
      const held = await hold(target())
      await post(target(), '/interrupt', { prompt_id: held.promptId })
      await held.socket.untilEnd(held.promptId)
      await held.release()
      const again = await queuePrompt(target(), held.graph, owner(held.socket))
      const history = await held.socket.untilEnd(again.prompt_id)
      expect(history.status.status_str).toBe('success')
      await held.socket.close()
    })

    test('by job id works for running and waiting prompts, in newer versions', async () => {
      const held = await hold(target())
      const waiting = await queuePrompt(target(), saveEmptyImage('waiting'), owner(held.socket))
      const cancel = (id: string) => post(target(), `/api/jobs/${id}/cancel`, {})
      const answers = [
        await cancel(waiting.prompt_id),
        await cancel(held.promptId),
        await cancel(randomUUID()),
      ]
      if (cancelsJobs) {
        const bodies = await Promise.all(answers.map((answer) => answer.json()))
        expect(bodies).toEqual([{ cancelled: true }, { cancelled: true }, { cancelled: false }])
      } else {
        expect(answers.map(({ status }) => status)).toEqual([405, 405, 405])
        await held.release()
      }
      await held.socket.untilEnd(held.promptId)
      await held.socket.close()
    })
  })
}
