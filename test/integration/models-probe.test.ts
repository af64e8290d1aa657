import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { probeSource, sizeOf } from '../../src/models/probe-source.ts'
import { withSizes } from '../../src/realize/model-sizes.ts'
import { startChaosServer } from '../helpers/chaos-server.ts'
import { parseSource } from '../../src/models/sources/index.ts'
import { createHttpAgents, destroyAgents } from '../../src/platform/open-url.ts'
import { startFileServer, type FileFault } from '../helpers/file-server.ts'
import { tempDir, whenOver } from '../helpers/temp.ts'
import { createTestCtx } from '../helpers/test-ctx.ts'

async function setUp(faults: FileFault[] = []) {
  const files = new Map([
    ['/a.pt', Buffer.alloc(5000)],
    ['/api/download/models/42', Buffer.alloc(7)],
  ])
  const server = await startFileServer({ files, faults })
  whenOver(server.stop)
  const agents = createHttpAgents()
  whenOver(() => destroyAgents(agents))
  const { ctx } = createTestCtx({
    downloadRetryMs: 1,
    civitaiEndpoint: server.url,
    civitaiToken: 'civ',
  })
  const source = (text: string) => parseSource(ctx, text, '/')
  return { ctx, server, agents, source, web: source(`${server.url}/a.pt`) }
}

test('the size of a file is asked for without the file', async () => {
  const { ctx, server, agents, web } = await setUp()
  expect(await sizeOf(ctx, web, agents)).toBe(5000)
  expect(server.requests.map(({ method }) => method)).toEqual(['HEAD'])
})

test.each([403, 405, 501])('where HEAD is answered %i, one byte is asked for', async (status) => {
  const { ctx, server, agents, web } = await setUp([{ method: 'HEAD', status }])
  expect(await sizeOf(ctx, web, agents)).toBe(5000)
  expect(server.requests.at(-1)).toMatchObject({ method: 'GET', range: 'bytes=0-0', sent: 1 })
})

test('a server without HEAD and ranges still tells the size, one that streams does not', async () => {
  const { ctx, server, agents, web } = await setUp([
    { method: 'HEAD', status: 405 },
    { noRanges: true },
  ])
  expect(await sizeOf(ctx, web, agents)).toBe(5000)
  server.faults = [{ chunked: true, noRanges: true }]
  expect(await sizeOf(ctx, web, agents)).toBeNull()
})

test('civitai names its file, made safe, and gets its token', async () => {
  const headers = { 'content-disposition': 'attachment; filename="../../my model.safetensors"' }
  const { ctx, server, agents, source } = await setUp([{ headers }])
  const civitai = source('civitai://models/42')
  expect(await probeSource(ctx, civitai, agents)).toEqual({
    size: 7,
    fileName: 'my model.safetensors',
    checksum: null,
  })
  expect(server.requests[0]?.headers.authorization).toBe('Bearer civ')
})

test('a refusal is an error with a hint, trouble is tried again', async () => {
  const { ctx, server, agents, web } = await setUp([{ status: 404 }])
  await expect(sizeOf(ctx, web, agents)).rejects.toMatchObject({
    code: 'DOWNLOAD_HTTP',
    params: { status: 404, hint: 'check the address' },
  })
  server.faults = [{ status: 503, times: 2 }]
  expect(await sizeOf(ctx, web, agents)).toBe(5000)
  await server.stop()
  await expect(sizeOf(ctx, web, agents)).rejects.toMatchObject({ code: 'DOWNLOAD_FAILED' })
})

test('the size of a file of this machine is its size', async () => {
  const { ctx, agents, source } = await setUp()
  const path = join(tempDir('probe'), 'a.pt')
  writeFileSync(path, 'four')
  expect(await sizeOf(ctx, source(path), agents)).toBe(4)
  await expect(sizeOf(ctx, source(`${path}.absent`), agents)).rejects.toMatchObject({
    code: 'SOURCE_FILE_MISSING',
  })
})

test('many sizes are asked for over no more connections than allowed', async () => {
  const names = Array.from({ length: 40 }, (_, index) => `/${index}.pt`)
  const server = await startChaosServer({
    files: new Map(names.map((name, index) => [name, Buffer.alloc(index)])),
    chaos: () => ({ delayMs: 5 }),
  })
  whenOver(server.stop)
  const { ctx } = createTestCtx({ downloadConnections: 4 })
  const model = {
    category: null,
    present: false,
    way: 'fetch',
    local: false,
    size: null,
    arrived: 0,
  } as const
  const sized = await withSizes(
    ctx,
    names.map((name) => ({ ...model, source: `${server.url}${name}`, path: name })),
  )
  expect(sized.map(({ size }) => size)).toEqual(names.map((_, index) => index))
  expect(server.peak).toBe(4)
})
