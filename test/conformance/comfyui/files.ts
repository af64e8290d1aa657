import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises'
import { get } from 'node:http'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { Target } from '../../helpers/standin-core.ts'
import { coreVersion } from './client.ts'
import { expectationsOf } from './versions.ts'

/** Files over HTTP: uploads, downloads, and what is kept away from strangers. */
export function describeFiles(target: () => Target): void {
  describe('an upload', () => {
    test('goes to the input folder under its own name', async () => {
      const answer = await upload(target(), { name: 'plain.png', content: 'one' })
      expect(answer).toEqual({ name: 'plain.png', subfolder: '', type: 'input' })
      expect(await readFile(join(target().homeDir, 'input/plain.png'), 'utf8')).toBe('one')
    })

    test('of the same bytes again is the same file', async () => {
      await upload(target(), { name: 'same.png', content: 'same' })
      const again = await upload(target(), { name: 'same.png', content: 'same' })
      expect(again).toMatchObject({ name: 'same.png' })
      const files = await readdir(join(target().homeDir, 'input'))
      expect(files.filter((name) => name.startsWith('same'))).toEqual(['same.png'])
    })

    test('of other bytes under a taken name gets a number', async () => {
      const names = []
      for (const content of ['a', 'b', 'c', 'b']) {
        names.push(await upload(target(), { name: 'taken.png', content }))
      }
      expect(names).toMatchObject([
        { name: 'taken.png' },
        { name: 'taken (1).png' },
        { name: 'taken (2).png' },
        { name: 'taken (1).png' },
      ])
    })

    test('with overwrite replaces the file', async () => {
      await upload(target(), { name: 'replaced.png', content: 'old' })
      const fields = { overwrite: 'true' }
      const answer = await upload(target(), { name: 'replaced.png', content: 'new', fields })
      expect(answer).toMatchObject({ name: 'replaced.png' })
      expect(await readFile(join(target().homeDir, 'input/replaced.png'), 'utf8')).toBe('new')
    })

    test('can name a subfolder and another kind of folder', async () => {
      const fields = { subfolder: 'a/b', type: 'temp' }
      const answer = await upload(target(), { name: 'deep.png', content: 'deep', fields })
      expect(answer).toEqual({ name: 'deep.png', subfolder: 'a/b', type: 'temp' })
      expect(await readFile(join(target().homeDir, 'temp/a/b/deep.png'), 'utf8')).toBe('deep')
    })

    test('may be of any kind of file', async () => {
      const answer = await upload(target(), { name: 'notes.txt', content: 'text' })
      expect(answer).toMatchObject({ name: 'notes.txt' })
    })

    test.for([
      [
        'a subfolder above the input folder',
        { name: 'x.png', fields: { subfolder: '../up' } },
        400,
      ],
      ['an absolute subfolder', { name: 'x.png', fields: { subfolder: '/tmp' } }, 400],
      ['a name that leads out', { name: '../x.png' }, 400],
      ['an empty name, which makes it a plain form field,', { name: '' }, 500],
      ['an unknown kind of folder', { name: 'x.png', fields: { type: 'models' } }, 500],
    ] as const)('with %s is refused', async ([, file, status]) => {
      expect((await sendUpload(target(), { content: 'x', ...file })).status).toBe(status)
    })

    test('without a file is refused', async () => {
      const form = new FormData()
      form.set('overwrite', 'true')
      const url = `${target().baseUrl}/upload/image`
      expect((await fetch(url, { method: 'POST', body: form })).status).toBe(400)
    })
  })

  describe('GET /view', () => {
    const content = '0123456789abcdef'
    beforeAll(async () => {
      const folder = join(target().homeDir, 'output/shelf')
      await mkdir(folder, { recursive: true })
      await writeFile(join(folder, 'picture.png'), content)
      await writeFile(join(target().homeDir, 'output/top.png'), content)
      await writeFile(join(target().homeDir, 'output/page.html'), '<script></script>')
      await writeFile(join(target().homeDir, 'secret.png'), 'secret')
    })
    const view = (query: string, headers: Record<string, string> = {}) =>
      fetch(`${target().baseUrl}/view?${query}`, { headers })

    test('answers with the bytes and the type of the file', async () => {
      const answer = await view('filename=picture.png&subfolder=shelf&type=output')
      expect(answer.headers.get('content-type')).toBe('image/png')
      expect(answer.headers.get('content-disposition')).toContain('filename="picture.png"')
      expect(await answer.text()).toBe(content)
    })

    test('looks in the output folder when no type is given', async () => {
      expect((await view('filename=top.png')).status).toBe(200)
      expect((await view('filename=top.png&type=input')).status).toBe(404)
    })

    test('takes the folder from an annotated name', async () => {
      const answer = await view(`type=input&filename=${encodeURIComponent('top.png [output]')}`)
      expect(await answer.text()).toBe(content)
    })

    test('answers a range with that range', async () => {
      const answer = await view('filename=top.png', { range: 'bytes=4-7' })
      expect(answer.status).toBe(206)
      expect(answer.headers.get('content-range')).toBe(`bytes 4-7/${content.length}`)
      expect(await answer.text()).toBe('4567')
    })

    test('never serves a page for display', async () => {
      const answer = await view('filename=page.html')
      expect(answer.headers.get('content-type')).toBe('application/octet-stream')
    })

    test.for([
      ['no file name', 'type=output', 404],
      ['a file that is not there', 'filename=none.png', 404],
      ['a name with ..', 'filename=../secret.png', 400],
      ['an absolute name', 'filename=/etc/hostname', 400],
      ['an unknown type', 'filename=top.png&type=models', 400],
      ['a subfolder that leads out', 'filename=secret.png&subfolder=..', 403],
      ['an absolute subfolder', 'filename=hostname&subfolder=/etc', 403],
    ] as const)('refuses %s', async ([, query, status]) => {
      expect((await view(query)).status).toBe(status)
    })
  })

  describe('a request', () => {
    test('from this host, from nowhere or from a sandboxed page passes', async () => {
      const { baseUrl } = target()
      expect(await statusOf(target(), {})).toBe(200)
      expect(await statusOf(target(), { origin: baseUrl })).toBe(200)
      expect(await statusOf(target(), { origin: 'http://127.0.0.1' })).toBe(200)
      expect(await statusOf(target(), { origin: 'null' })).toBe(200)
    })

    test('from another site to a loopback host is refused', async () => {
      expect(await statusOf(target(), { origin: 'http://elsewhere.example' })).toBe(403)
      expect(await statusOf(target(), { origin: 'http://127.0.0.1:1' })).toBe(403)
      const other = { host: `localhost:${target().port}`, origin: target().baseUrl }
      expect(await statusOf(target(), other)).toBe(403)
    })

    test('that a browser marks as cross-site is refused by newer versions', async () => {
      const { refusesCrossSiteFetches } = expectationsOf(await coreVersion(target()))
      const status = await statusOf(target(), { 'sec-fetch-site': 'cross-site' })
      expect(status).toBe(refusesCrossSiteFetches ? 403 : 200)
    })
  })
}

interface UploadedFile {
  name: string
  content: string
  fields?: Readonly<Record<string, string>>
}

async function upload(target: Target, file: UploadedFile): Promise<unknown> {
  const answer = await sendUpload(target, file)
  if (answer.status !== 200) throw new Error(`upload refused: ${answer.status}`)
  return answer.json()
}

function sendUpload(target: Target, { name, content, fields }: UploadedFile): Promise<Response> {
  const form = new FormData()
  for (const [key, value] of Object.entries(fields ?? {})) form.set(key, value)
  form.set('image', new Blob([content]), name)
  return fetch(`${target.baseUrl}/upload/image`, { method: 'POST', body: form })
}

/** The status of GET /prompt with headers that `fetch` does not allow. */
function statusOf(target: Target, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = get(`${target.baseUrl}/prompt`, { headers }, (response) => {
      response.resume()
      resolve(z.number().parse(response.statusCode))
    })
    request.on('error', reject)
  })
}
