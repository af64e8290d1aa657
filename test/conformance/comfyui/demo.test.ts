import { createHash } from 'node:crypto'
import { cp, mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PNG } from 'pngjs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { demoDir, startStandin, type Target } from '../../helpers/standin-core.ts'
import { queuePrompt, refusedPrompt, savedFiles, viewUrl } from './client.ts'
import { connect, runPrompt } from './socket.ts'

const workflowSchema = z.record(
  z.string(),
  z.object({
    class_type: z.string(),
    inputs: z.record(z.string(), z.unknown()),
    _meta: z.object({ title: z.string() }),
  }),
)
type Workflow = z.infer<typeof workflowSchema>

describe('the demo workflow', () => {
  let target: Target
  let workflow: Workflow
  beforeAll(async () => {
    workflow = workflowSchema.parse(
      JSON.parse(await readFile(join(demoDir, 'workflow.json'), 'utf8')),
    )
    target = await startStandin({ prepareHome: placeDemo, args: ['--preview-method', 'auto'] })
  })
  afterAll(() => target?.stop())

  test('makes the same picture everywhere', async () => {
    const png = await pictureOf(target, workflow)
    expect([png.width, png.height]).toEqual([256, 256])
    expect(sha256(png.data)).toBe(
      '19c46eb36605c500d3aab0d31dd25b1b46aa28f41f512901b3ff0e2d35c1bea6',
    )
  })

  test('makes another picture for another seed', async () => {
    const one = await pictureOf(target, workflow)
    const two = await pictureOf(target, withInput(workflow, '2', 'seed', 43))
    expect(sha256(one.data)).not.toBe(sha256(two.data))
  })

  test('reports every step of the sampler with a preview', async () => {
    const socket = await connect(target)
    const graph = withInput(workflow, '2', 'seed', 44)
    const { prompt_id } = await queuePrompt(target, graph, { clientId: socket.clientId })
    await socket.untilEnd(prompt_id)
    const progress = socket.messages.filter(({ type }) => type === 'progress')
    expect(progress.map(({ data }) => data['value'])).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
    expect(socket.frames).toHaveLength(8)
    await socket.close()
  })

  test('refuses a color without a name and a model that is not there', async () => {
    const unknownColor = withInput(workflow, '3', 'color_name', 'no such color')
    const graph = withInput(unknownColor, '1', 'ckpt_name', 'other.safetensors')
    const { node_errors } = await refusedPrompt(target, graph)
    expect(node_errors['3']?.errors[0]?.type).toBe('custom_validation_failed')
    expect(node_errors['1']?.errors[0]?.type).toBe('value_not_in_list')
  })
})

function withInput(workflow: Workflow, id: string, name: string, value: unknown): Workflow {
  const changed = structuredClone(workflow)
  const node = changed[id]
  if (node !== undefined) node.inputs[name] = value
  return changed
}

async function placeDemo(homeDir: string): Promise<void> {
  const pack = join(homeDir, 'custom_nodes/comfypin-demo-pack')
  await cp(join(demoDir, 'pack'), pack, { recursive: true })
  await mkdir(join(homeDir, 'models'))
  await cp(join(demoDir, 'models'), join(homeDir, 'models/checkpoints'), { recursive: true })
}

async function pictureOf(target: Target, workflow: Workflow): Promise<PNG> {
  const [file] = savedFiles(await runPrompt(target, workflow), '4')
  if (file === undefined) throw new Error('nothing saved')
  const answer = await fetch(viewUrl(target, file))
  return PNG.sync.read(Buffer.from(await answer.arrayBuffer()))
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
