import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { Target } from '../../helpers/standin-core.ts'
import { coreVersion, getJson, post } from './client.ts'
import { expectationsOf } from './versions.ts'

/** What a core tells about itself. */
export function describeInfo(target: () => Target): void {
  const status = async (path: string) => (await fetch(target().baseUrl + path)).status

  describe('/object_info', () => {
    test('describes a core node: inputs with options, their order, outputs', async () => {
      const { tellsInputLists } = expectationsOf(await coreVersion(target()))
      expect(await getJson(target(), '/object_info/EmptyImage')).toMatchObject({
        EmptyImage: {
          name: 'EmptyImage',
          input: {
            required: {
              width: ['INT', { default: 512, min: 1, max: 16384, step: 1 }],
              batch_size: ['INT', { default: 1, min: 1, max: 4096 }],
            },
          },
          input_order: { required: ['width', 'height', 'batch_size', 'color'] },
          ...(tellsInputLists && { is_input_list: false }),
          output: ['IMAGE'],
          output_is_list: [false],
          output_name: ['IMAGE'],
          display_name: expect.any(String),
          description: expect.any(String),
          category: 'image',
          output_node: false,
          python_module: 'nodes',
        },
      })
    })

    test('lists hidden inputs and marks output nodes', async () => {
      expect(await getJson(target(), '/object_info/SaveImage')).toMatchObject({
        SaveImage: {
          input: { hidden: { prompt: 'PROMPT', extra_pnginfo: 'EXTRA_PNGINFO' } },
          input_order: { hidden: ['prompt', 'extra_pnginfo'] },
          output_node: true,
        },
      })
    })

    test('writes choices as a list in place of the type', async () => {
      const methods = ['nearest-exact', 'bilinear', 'area', 'bicubic', 'lanczos']
      expect(await getJson(target(), '/object_info/ImageScale')).toMatchObject({
        ImageScale: { input: { required: { upscale_method: [methods] } } },
      })
    })

    test('says from which pack a node comes', async () => {
      expect(await getJson(target(), '/object_info/ProbeHold')).toMatchObject({
        ProbeHold: { python_module: 'custom_nodes.contract-probe', display_name: 'Probe: hold' },
      })
    })

    test('is empty for an unknown class', async () => {
      expect(await getJson(target(), '/object_info/NoSuchClass')).toEqual({})
    })

    test('leaves a node out whose inputs cannot be told, and fails for it alone', async () => {
      const all = z.record(z.string(), z.unknown()).parse(await getJson(target(), '/object_info'))
      expect(Object.keys(all)).toEqual(expect.arrayContaining(['SaveImage', 'ProbeHold']))
      expect(Object.keys(all)).not.toContain('ProbeBadInputs')
      expect(await status('/object_info/ProbeBadInputs')).toBe(500)
    })
  })

  describe('/models', () => {
    const models = (folder: string) => getJson(target(), `/models/${folder}`)

    test('lists the categories, those of extra_model_paths.yaml too', async () => {
      const wanted = ['checkpoints', 'loras', 'custom_nodes', 'contract_anything']
      expect(await getJson(target(), '/models')).toEqual(expect.arrayContaining(wanted))
    })

    test('lists model files of all roots of a category with their subfolders, sorted', async () => {
      const files = ['deep/er/shelved.safetensors', 'own.safetensors']
      expect(await models('checkpoints')).toEqual(files)
    })

    test('puts the files of a legacy category into the new one', async () => {
      expect(await models('diffusion_models')).toEqual(['split.gguf.safetensors'])
      expect(await status('/models/unet')).toBe(404)
    })

    test('takes a category of several lines, and any file of an unknown category', async () => {
      expect(await models('loras')).toEqual(['a.safetensors', 'b.safetensors'])
      expect(await models('contract_anything')).toEqual(['model.xyz'])
    })

    test('does not know other categories', async () => {
      expect(await status('/models/no_such_category')).toBe(404)
    })

    test('/embeddings has no extensions', async () => {
      expect(await getJson(target(), '/embeddings')).toEqual(['style'])
    })

    test('the default root comes first in the folder paths', async () => {
      const paths = z.record(z.string(), z.array(z.string()))
      const found = paths.parse(await getJson(target(), '/internal/folder_paths'))
      const { homeDir } = target()
      expect(found['checkpoints']?.slice(0, 2)).toEqual([
        join(homeDir, 'shelf/checkpoints'),
        join(homeDir, 'models/checkpoints'),
      ])
    })
  })

  describe('/extensions', () => {
    const script = '/extensions/contract-probe/js/probe.js'

    test('lists the scripts of a pack, and no other files', async () => {
      const listed = z.array(z.string()).parse(await getJson(target(), '/extensions'))
      const own = listed.filter((path) => path.includes('contract-'))
      expect(own).toEqual([script])
    })

    test('serves every file of the web folder, but not below /api', async () => {
      const served = await fetch(target().baseUrl + script)
      expect(await served.text()).toBe('export const probe = true\n')
      expect(await status('/extensions/contract-probe/notes.txt')).toBe(200)
      expect(await status('/extensions/contract-probe/../../../secret.png')).toBe(404)
      expect(await status(`/api${script}`)).toBe(404)
    })
  })

  describe('the server', () => {
    test('describes itself in /system_stats', async () => {
      expect(await getJson(target(), '/system_stats')).toMatchObject({
        system: {
          comfyui_version: expect.stringMatching(/^\d+\.\d+\.\d+/),
          python_version: expect.stringMatching(/^3\.\d+/),
          argv: expect.arrayContaining(['--port', String(target().port)]),
          ram_total: expect.any(Number),
          ram_free: expect.any(Number),
        },
        devices: [{ name: expect.any(String), type: 'cpu', vram_total: expect.any(Number) }],
      })
    })

    test('tells its features and its queue', async () => {
      const features = { supports_preview_metadata: true, max_upload_size: 104857600 }
      expect(await getJson(target(), '/features')).toMatchObject(features)
      const idle = { exec_info: { queue_remaining: 0 } }
      expect(await getJson(target(), '/prompt')).toEqual(idle)
    })

    test('has every route below /api too', async () => {
      for (const path of ['/prompt', '/queue', '/models/loras', '/object_info/SaveImage']) {
        expect(await getJson(target(), `/api${path}`)).toEqual(await getJson(target(), path))
      }
    })

    test('keeps settings in the user folder', async () => {
      await post(target(), '/settings', { 'Contract.a': 1 })
      const answer = await post(target(), '/settings/Contract.b', ['two'])
      expect([answer.status, await answer.text()]).toEqual([200, ''])
      expect(await getJson(target(), '/settings/Contract.b')).toEqual(['two'])
      expect(await getJson(target(), '/settings/Contract.none')).toBeNull()
      const all = { 'Contract.a': 1, 'Contract.b': ['two'] }
      expect(await getJson(target(), '/settings')).toMatchObject(all)
      const file = join(target().homeDir, 'user/default/comfy.settings.json')
      expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject(all)
    })

    test('keeps user data whose path is one encoded name', async () => {
      const file = `${target().baseUrl}/userdata/${encodeURIComponent('workflows/a.json')}`
      const put = (query: string) => fetch(file + query, { method: 'POST', body: '{}' })
      expect(await (await put('')).json()).toBe('workflows/a.json')
      expect((await put('?overwrite=false')).status).toBe(409)
      expect(await (await fetch(file)).text()).toBe('{}')
      expect(await getJson(target(), '/userdata?dir=workflows')).toEqual(['a.json'])
      expect((await fetch(file, { method: 'DELETE' })).status).toBe(204)
      expect((await fetch(file)).status).toBe(404)
      const outside = encodeURIComponent('../../secret.png')
      expect(await status(`/userdata/${outside}`)).toBe(403)
    })

    test('shows the latest lines of its log', async () => {
      const schema = z.object({ entries: z.array(z.object({ t: z.string(), m: z.string() })) })
      const { entries } = schema.parse(await getJson(target(), '/internal/logs/raw'))
      expect(entries.map(({ m }) => m).join('')).toContain('got prompt')
    })

    test('has a page at the root', async () => {
      const page = await fetch(target().baseUrl)
      expect([page.status, page.headers.get('content-type')?.split(';')[0]]).toEqual([
        200,
        'text/html',
      ])
    })

    test('tells nodes the same way every time', async () => {
      const digest = async () => {
        const text = await (await fetch(`${target().baseUrl}/object_info`)).text()
        return createHash('sha256').update(text).digest('hex')
      }
      expect(await digest()).toBe(await digest())
    })
  })
}
