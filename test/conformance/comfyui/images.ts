import { copyFile, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PNG } from 'pngjs'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { Target } from '../../helpers/standin-core.ts'
import { getJson, savedFiles, viewUrl } from './client.ts'
import { emptyImage, newColor, node, saveEmptyImage, saveImage } from './graphs.ts'
import { runPrompt, type Run } from './socket.ts'

/** What the common image nodes do to pixels and files. */
export function describeImages(target: () => Target): void {
  describe('SaveImage', () => {
    test('numbers files of one prefix', async () => {
      for (const file of ['counted_00001_.png', 'counted_00002_.png']) {
        const run = await runPrompt(target(), saveEmptyImage('counted'))
        expect(savedFiles(run, '2')).toEqual([{ filename: file, subfolder: '', type: 'output' }])
      }
    })

    test('saves every image of a batch', async () => {
      const inputs = { width: 8, height: 8, batch_size: 3, color: newColor() }
      const graph = { '1': node('EmptyImage', inputs), '2': saveImage(['1', 0], 'batch') }
      const files = savedFiles(await runPrompt(target(), graph), '2')
      expect(files.map(({ filename }) => filename)).toEqual([
        'batch_00001_.png',
        'batch_00002_.png',
        'batch_00003_.png',
      ])
    })

    test('takes folders and sizes from the prefix', async () => {
      const run = await runPrompt(target(), saveEmptyImage('a/b/%width%x%height%'))
      const filename = '64x32_00001_.png'
      expect(savedFiles(run, '2')).toEqual([{ filename, subfolder: 'a/b', type: 'output' }])
      expect(await savedPng(target(), run)).toMatchObject({ width: 64, height: 32 })
    })

    test('writes the prompt and the workflow into the file', async () => {
      const graph = saveEmptyImage('described')
      const workflow = { nodes: [], version: 0.4 }
      const extraData = { extra_pnginfo: { workflow } }
      const run = await runPrompt(target(), graph, { extraData })
      const texts = pngTexts(await savedBytes(target(), run))
      expect(JSON.parse(texts.get('prompt') ?? '')).toEqual(graph)
      expect(JSON.parse(texts.get('workflow') ?? '')).toEqual(workflow)
    })

    test('does not leave the output folder', async () => {
      const run = await runPrompt(target(), saveEmptyImage('../outside'))
      const error = run.messages.find(({ type }) => type === 'execution_error')
      expect(error?.data).toMatchObject({
        node_id: '2',
        exception_message: expect.stringContaining('outside the output folder is not allowed'),
      })
    })
  })

  test('PreviewImage saves to the temp folder', async () => {
    const graph = { '1': emptyImage(), '2': node('PreviewImage', { images: ['1', 0] }) }
    const run = await runPrompt(target(), graph)
    expect(savedFiles(run, '2')).toMatchObject([{ subfolder: '', type: 'temp' }])
    expect((await savedPng(target(), run)).width).toBe(64)
  })

  test('EmptyImage and ImageInvert are exact for full channels', async () => {
    const image = node('EmptyImage', { width: 9, height: 5, batch_size: 1, color: 0xff00ff })
    const graph = {
      '1': image,
      '2': saveImage(['3', 0], 'inverted'),
      '3': node('ImageInvert', { image: ['1', 0] }),
    }
    const png = await savedPng(target(), await runPrompt(target(), graph))
    expect([...png.data.subarray(0, 4)]).toEqual([0, 255, 0, 255])
    expect(new Set(pixels(png)).size).toBe(1)
  })

  test.for([
    ['both sides', { width: 20, height: 30 }, [20, 30]],
    ['the height only', { width: 0, height: 16 }, [32, 16]],
    ['no side', { width: 0, height: 0 }, [64, 32]],
  ] as const)('ImageScale with %s given', async ([, size, [width, height]]) => {
    const scale = { image: ['1', 0], upscale_method: 'nearest-exact', crop: 'disabled', ...size }
    const graph = {
      '1': emptyImage(),
      '2': saveImage(['3', 0], 'scaled'),
      '3': node('ImageScale', scale),
    }
    const png = await savedPng(target(), await runPrompt(target(), graph))
    expect(png).toMatchObject({ width, height })
  })

  describe('LoadImage', () => {
    test('gives back the pixels that were uploaded', async () => {
      const original = new PNG({ width: 16, height: 16, colorType: 2 })
      original.data.forEach((_, index) => {
        original.data[index] = index % 4 === 3 ? 255 : (index * 37) % 256
      })
      const form = new FormData()
      form.set('image', new Blob([new Uint8Array(PNG.sync.write(original))]), 'pattern.png')
      await fetch(`${target().baseUrl}/upload/image`, { method: 'POST', body: form })
      const graph = {
        '1': node('LoadImage', { image: 'pattern.png' }),
        '2': saveImage(['1', 0], 'loaded'),
      }
      const png = await savedPng(target(), await runPrompt(target(), graph))
      expect(pixels(png)).toEqual(pixels(original))
    })

    test('offers what is in the input folder, and runs again when the file changes', async () => {
      const first = await runPrompt(target(), saveEmptyImage('first-content'))
      const second = await runPrompt(target(), saveEmptyImage('second-content'))
      const put = async (run: Run) => {
        const [file] = savedFiles(run, '2')
        const { homeDir } = target()
        await copyFile(join(homeDir, 'output', file?.filename ?? ''), join(homeDir, 'input/x.png'))
      }
      await put(first)
      expect(await loadImageChoices(target())).toContain('x.png')
      const graph = {
        '1': node('LoadImage', { image: 'x.png' }),
        '2': saveImage(['1', 0], 'from-input'),
      }
      const names = [savedFiles(await runPrompt(target(), graph), '2')]
      names.push(savedFiles(await runPrompt(target(), graph), '2'))
      await put(second)
      names.push(savedFiles(await runPrompt(target(), graph), '2'))
      expect(names.flat().map(({ filename }) => filename)).toEqual([
        'from-input_00001_.png',
        'from-input_00001_.png',
        'from-input_00002_.png',
      ])
    })

    test('takes images from the output folder by annotation', async () => {
      const run = await runPrompt(target(), saveEmptyImage('annotated'))
      const image = `${savedFiles(run, '2')[0]?.filename} [output]`
      const graph = { '1': node('LoadImage', { image }), '2': saveImage(['1', 0], 'reloaded') }
      const { history } = await runPrompt(target(), graph)
      expect(history.status.status_str).toBe('success')
    })
  })
}

async function savedBytes(target: Target, run: Run): Promise<Buffer> {
  const [file] = savedFiles(run, '2')
  if (file === undefined) throw new Error(`nothing saved: ${JSON.stringify(run.history.status)}`)
  const answer = await fetch(viewUrl(target, file))
  const onDisk = await readFile(join(target.homeDir, file.type, file.subfolder, file.filename))
  const bytes = Buffer.from(await answer.arrayBuffer())
  expect(bytes.equals(onDisk)).toBe(true)
  return bytes
}

async function savedPng(target: Target, run: Run): Promise<PNG> {
  return PNG.sync.read(await savedBytes(target, run))
}

/** Every pixel as one number, without alpha. */
function pixels(png: PNG): number[] {
  return Array.from({ length: png.width * png.height }, (_, i) => png.data.readUIntBE(i * 4, 3))
}

/** The tEXt chunks of a PNG: keyword → text. */
function pngTexts(bytes: Buffer): Map<string, string> {
  const texts = new Map<string, string>()
  for (let at = 8; at < bytes.length;) {
    const length = bytes.readUInt32BE(at)
    const content = bytes.subarray(at + 8, at + 8 + length)
    if (bytes.toString('latin1', at + 4, at + 8) === 'tEXt') {
      const end = content.indexOf(0)
      texts.set(content.toString('latin1', 0, end), content.toString('latin1', end + 1))
    }
    at += 12 + length
  }
  return texts
}

async function loadImageChoices(target: Target): Promise<string[]> {
  const image = z.tuple([z.array(z.string())], z.unknown())
  const input = z.object({ required: z.object({ image }) })
  const schema = z.object({ LoadImage: z.object({ input }) })
  return schema.parse(await getJson(target, '/object_info/LoadImage')).LoadImage.input.required
    .image[0]
}
