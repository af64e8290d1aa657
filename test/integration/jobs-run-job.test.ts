import { cpSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { startInstance, type Instance, type InstanceRequest } from '../../src/comfy/instance.ts'
import { parseWorkflow, type Workflow } from '../../src/comfy/workflow.ts'
import type { ComfypinEvent } from '../../src/core/events.ts'
import { runJob, type JobRequest } from '../../src/jobs/run-job.ts'
import { createLocalFolder } from '../../src/outputs/local-folder.ts'
import { failureOf } from '../helpers/failure.ts'
import { until } from '../helpers/poll.ts'
import { makeProbeHome } from '../helpers/probe-home.ts'
import { tempDir, whenOver } from '../helpers/temp.ts'
import { createTestCtx } from '../helpers/test-ctx.ts'

const image = {
  class_type: 'EmptyImage',
  inputs: { width: 16, height: 16, batch_size: 1, color: 7 },
}
const save = (prefix: string, from = '1') => ({
  class_type: 'SaveImage',
  inputs: { images: [from, 0], filename_prefix: prefix },
})
const probe = (name: string, value: unknown) => ({
  class_type: `Probe${name}`,
  inputs: { value: typeof value === 'string' ? value : JSON.stringify(value) },
})

describe('on a running instance', () => {
  let instance: Instance
  beforeAll(async () => {
    const request = await makeProbeHome()
    instance = await startInstance(createTestCtx().ctx, request)
    return () => endProbe(instance, request)
  })

  test('a workflow gives its image, and the sink keeps a copy', async () => {
    const { ctx, events } = createTestCtx()
    const dir = tempDir('results')
    const workflow = flow({ '1': image, '2': save('first') })
    const result = await runJob(ctx, instance, { workflow, sink: createLocalFolder(dir) })
    const facts = { type: 'output', nodeId: '2', key: 'images', mime: 'image/png' }
    expect(result.artifacts).toEqual([expect.objectContaining({ ...facts, kind: 'file' })])
    expect(result.stored).toEqual([
      expect.objectContaining({ ...facts, location: join(dir, 'first_00001_.png') }),
    ])
    expect(readFileSync(join(dir, 'first_00001_.png')).subarray(1, 4).toString()).toBe('PNG')
    expect(events).toContainEqual({ type: 'job.node', node: '1', classType: 'EmptyImage' })
    expect(events).toContainEqual({ type: 'job.node', node: '2', classType: 'SaveImage' })
  })

  test('every artifact is on its own, texts included, previews apart', async () => {
    const workflow = flow({
      '1': image,
      '2': save('one'),
      '3': save('two'),
      '4': { class_type: 'PreviewImage', inputs: { images: ['1', 0] } },
      '5': probe('Show', { text: ['say'] }),
    })
    const { artifacts, previews } = await run({ workflow })
    expect(artifacts.map(({ kind, nodeId }) => [kind, nodeId])).toEqual([
      ['file', '2'],
      ['file', '3'],
      ['text', '5'],
    ])
    expect(previews).toEqual([expect.objectContaining({ nodeId: '4', type: 'temp' })])
  })

  test('a repeated workflow is answered from the cache with the same file', async () => {
    const workflow = flow({ '1': image, '2': save('cached') })
    const first = await run({ workflow })
    const { ctx, events } = createTestCtx()
    const second = await runJob(ctx, instance, { workflow })
    expect(second.artifacts).toEqual(first.artifacts)
    const cached = events.find((event) => event.type === 'job.cached')
    expect(cached?.nodes.toSorted()).toEqual(['1', '2'])
  })

  test('a cached file that was deleted meanwhile is missed by name', async () => {
    const workflow = flow({ '1': image, '2': save('deleted') })
    const [artifact] = (await run({ workflow })).artifacts
    if (artifact?.kind !== 'file') throw new Error('no file')
    rmSync(artifact.path)
    expect(await failureOfJob({ workflow })).toMatchObject({
      code: 'JOB_ARTIFACT_MISSING',
      params: { node: '2', name: artifact.name },
    })
  })

  test('the steps of a node are followed', async () => {
    const { ctx, events } = createTestCtx()
    await runJob(ctx, instance, { workflow: flow({ '1': probe('Count', 'done') }) })
    // the first and the last step are always told; those between only at a rate (0.33)
    const steps = events.filter(({ type }) => type === 'job.progress')
    expect(steps.at(0)).toEqual({ type: 'job.progress', node: '1', value: 1, max: 3 })
    expect(steps.at(-1)).toEqual({ type: 'job.progress', node: '1', value: 3, max: 3 })
  })

  test('jobs that run at once share one connection and hear only their own events', async () => {
    const jobs = ['A', 'B', 'C', 'D', 'E', 'F'].map(async (name) => {
      const { ctx, events } = createTestCtx()
      const workflow = flow({ [name]: probe('Show', { text: [name] }) })
      const { artifacts } = await runJob(ctx, instance, { workflow })
      const nodes = events.flatMap((event) => (event.type === 'job.node' ? [event.node] : []))
      return { texts: artifacts.map((made) => made.kind === 'text' && made.text), nodes }
    })
    const expected = ['A', 'B', 'C', 'D', 'E', 'F'].map((name) => ({
      texts: [name],
      nodes: [name],
    }))
    expect(await Promise.all(jobs)).toEqual(expected)
  })

  test('a workflow that does not validate is refused with every error of every node', async () => {
    const workflow = flow({
      '1': { class_type: 'EmptyImage', inputs: { ...image.inputs, width: -5, height: 'x' } },
      '2': save('never'),
    })
    const failure = await failureOfJob({ workflow })
    expect(failure).toMatchObject({ code: 'WORKFLOW_REFUSED' })
    expect(String(failure)).toMatch(/node 1 \(EmptyImage\), input width: /)
    expect(String(failure)).toMatch(/node 1 \(EmptyImage\), input height: /)
  })

  test('a node class that is not installed is named', async () => {
    const failure = await failureOfJob({
      workflow: flow({ '7': { class_type: 'Nope', inputs: {} } }),
    })
    expect(failure).toMatchObject({ code: 'WORKFLOW_REFUSED' })
    expect(String(failure)).toContain('Nope')
  })

  const half = () =>
    flow({
      '1': image,
      '2': save('good'),
      '3': { class_type: 'SaveImage', inputs: { filename_prefix: 'bad' } },
    })

  test('a workflow of which ComfyUI would run only a part is refused and does not run', async () => {
    const failure = await failureOfJob({ workflow: half() })
    expect(failure).toMatchObject({ code: 'WORKFLOW_REFUSED' })
    expect(String(failure)).toContain('node 3 (SaveImage)')
    await idle()
  })

  test('unless the caller wants the part that validates', async () => {
    const { ctx, events } = createTestCtx()
    const { artifacts } = await runJob(ctx, instance, { workflow: half(), allowPartial: true })
    expect(artifacts.map(({ nodeId }) => nodeId)).toEqual(['2'])
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'warning', code: 'JOB_PARTIAL_VALIDATION' }),
    )
  })

  test('a node that raises fails the job with its words and its traceback', async () => {
    const workflow = flow({ '1': image, '2': save('kept'), '3': probe('Fail', 'out of luck') })
    const failure = await failureOfJob({ workflow })
    expect(failure).toMatchObject({
      code: 'JOB_FAILED',
      params: {
        node: '3',
        classType: 'ProbeFail',
        exception: 'RuntimeError',
        message: 'out of luck',
      },
      cause: { traceback: expect.arrayContaining([expect.stringContaining('probe')]) },
    })
  })

  test('a job over its time limit is interrupted and leaves the instance idle', async () => {
    const failure = await failureOfJob({ workflow: waiting('/never'), timeoutMs: 300 })
    expect(failure).toMatchObject({ code: 'JOB_TIMEOUT', params: { seconds: 0.3 } })
    await idle()
  })

  test('Ctrl-C takes the job out of the instance', async () => {
    const { ctx, waitFor, abort } = createTestCtx()
    const job = failureOf(runJob(ctx, instance, { workflow: waiting('/never') }))
    await waitFor(isNodeStart)
    abort()
    expect(await job).toMatchObject({ code: 'INTERRUPTED' })
    await idle()
  })

  test('a job that waits behind another one is taken out of the queue alone', async () => {
    const gate = join(tempDir('gate'), 'open')
    const first = createTestCtx()
    const running = runJob(first.ctx, instance, { workflow: waiting(gate) })
    await first.waitFor(isNodeStart)
    const failure = await failureOfJob({ workflow: waiting('/never'), timeoutMs: 100 })
    expect(failure).toMatchObject({ code: 'JOB_TIMEOUT' })
    writeFileSync(gate, '')
    expect((await running).artifacts).toHaveLength(1)
    await idle()
  })

  test('a job that somebody else interrupts says in which node', async () => {
    const { ctx, waitFor } = createTestCtx()
    const job = failureOf(runJob(ctx, instance, { workflow: waiting('/never') }))
    await waitFor(isNodeStart)
    await fetch(`${instance.url}/interrupt`, { method: 'POST' })
    expect(await job).toMatchObject({ code: 'JOB_INTERRUPTED', params: { node: '1' } })
  })

  test('a job that somebody deletes from the queue does not wait for ever', async () => {
    const gate = join(tempDir('gate'), 'open')
    const first = createTestCtx()
    const running = runJob(first.ctx, instance, { workflow: waiting(gate) })
    await first.waitFor(isNodeStart)
    const waitingJob = failureOfJob({ workflow: waiting('/never') })
    const { client } = await instance.session()
    await until(async () => (await client.getQueue()).pending.length === 1)
    await fetch(`${instance.url}/queue`, { method: 'POST', body: '{"clear": true}' })
    expect(await waitingJob).toMatchObject({ code: 'JOB_INTERRUPTED' })
    writeFileSync(gate, '')
    await running
  })

  test('a lost event connection does not lose the job, and the next job has a new one', async () => {
    const lost = await instance.session()
    const { artifacts } = await run({ workflow: flow({ '1': probe('DropSockets', '') }) })
    expect(artifacts).toHaveLength(1)
    expect(lost.live()).toBe(false)
    const { ctx, events } = createTestCtx()
    await runJob(ctx, instance, { workflow: flow({ '1': probe('Show', { text: ['again'] }) }) })
    expect(events).toContainEqual({ type: 'job.node', node: '1', classType: 'ProbeShow' })
    expect((await instance.session()).clientId).not.toBe(lost.clientId)
  })

  test('a workflow that saves nothing is an error', async () => {
    const preview = { class_type: 'PreviewImage', inputs: { images: ['1', 0] } }
    expect(await failureOfJob({ workflow: flow({ '1': image, '2': preview }) })).toMatchObject({
      code: 'JOB_NO_ARTIFACTS',
    })
  })

  test.each([
    { filename: '../../../../etc/passwd', subfolder: '', type: 'output' },
    { filename: 'passwd', subfolder: '../../../../etc', type: 'output' },
    { filename: '/etc/passwd', subfolder: '', type: 'temp' },
    { filename: 'passwd', subfolder: '', type: '/etc' },
  ])('a pack that answers with %j is not believed', async (item) => {
    const workflow = flow({ '1': probe('Show', { images: [item] }) })
    expect(await failureOfJob({ workflow })).toMatchObject({ code: 'PATH_UNSAFE' })
  })

  function run(request: JobRequest) {
    return runJob(createTestCtx().ctx, instance, request)
  }

  function failureOfJob(request: JobRequest): Promise<unknown> {
    return failureOf(run(request))
  }

  async function idle(): Promise<void> {
    const { client } = await instance.session()
    await until(
      async () => {
        const { running, pending } = await client.getQueue()
        return running.length + pending.length === 0
      },
      { what: 'an empty queue' },
    )
  }
})

describe('when the instance ends in the middle of a job', () => {
  test('by a signal, the job hears of it at once', async () => {
    const instance = await startProbe()
    const { ctx, waitFor } = createTestCtx()
    const job = failureOf(runJob(ctx, instance, { workflow: waiting('/never') }))
    await waitFor(isNodeStart)
    process.kill(instance.pid, 'SIGKILL')
    expect(await job).toMatchObject({ code: 'INSTANCE_DIED', params: { status: 'SIGKILL' } })
  })

  test('by a crash of a node, the job has the exit code and the log', async () => {
    const instance = await startProbe()
    const workflow = flow({ '1': probe('Exit', '77') })
    const died = await failureOf(runJob(createTestCtx().ctx, instance, { workflow }))
    expect(died).toMatchObject({ code: 'INSTANCE_DIED', params: { status: 'exit 77' } })
    expect(String(died)).toContain('got prompt')
  })

  test('by the death of its only worker thread, the job does not wait for ever', async () => {
    const instance = await startProbe()
    const workflow = flow({ '1': probe('KillWorker', 'gone') })
    const died = await failureOf(runJob(createTestCtx().ctx, instance, { workflow }))
    expect(died).toMatchObject({ code: 'WORKER_DIED' })
    expect(String(died)).toContain('prompt worker')
  })
})

test('a core too old for --base-directory works in its private tree and saves into the home', async () => {
  const request = await makeProbeHome()
  const coreDir = join(request.home, 'core')
  cpSync(request.coreDir, coreDir, { recursive: true })
  rmSync(join(coreDir, 'custom_nodes'), { recursive: true, force: true })
  symlinkSync(join(request.home, 'custom_nodes'), join(coreDir, 'custom_nodes'))
  const parser = join(coreDir, 'comfy', 'cli_args.py')
  const source = readFileSync(parser, 'utf8')
  // the same parser, with a flag that nobody finds
  writeFileSync(parser, source.replace('"--base-directory"', '"--base" "-directory"'))
  const instance = await startProbe({ ...request, coreDir })
  const workflow = flow({ '1': image, '2': save('old') })
  const { artifacts } = await runJob(createTestCtx().ctx, instance, { workflow })
  expect(artifacts).toEqual([
    expect.objectContaining({ path: join(request.home, 'output', 'old_00001_.png') }),
  ])
})

/** For a `beforeAll`, where the helpers cannot register what comes after. */
async function endProbe(instance: Instance, { home }: InstanceRequest): Promise<void> {
  await instance.stop(0)
  rmSync(home, { recursive: true, force: true })
}

async function startProbe(request?: InstanceRequest): Promise<Instance> {
  const instance = await startInstance(createTestCtx().ctx, request ?? (await makeProbeHome()))
  whenOver(async () => void (await instance.stop(0)))
  return instance
}

function flow(nodes: Record<string, { class_type: string; inputs: object }>): Workflow {
  return parseWorkflow(JSON.stringify(nodes), 'test.json')
}

function waiting(file: string): Workflow {
  return flow({ '1': probe('Wait', file) })
}

function isNodeStart(event: ComfypinEvent): event is Extract<ComfypinEvent, { type: 'job.node' }> {
  return event.type === 'job.node'
}
