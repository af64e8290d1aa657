import { createHash, randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createHttpAgents, destroyAgents } from '../../src/platform/open-url.ts'
import { createDownload } from '../helpers/download.ts'
import { startNginx } from '../helpers/nginx.ts'
import { tempDir, whenOver } from '../helpers/temp.ts'

const body = randomBytes(3 << 20)
const hex = createHash('sha256').update(body).digest('hex')
const checksum = { algorithm: 'sha256', hex } as const

const BEHAVIOURS = {
  'as fast as it can': '',
  'at a limited rate per connection': 'limit_rate 1m;',
  'over three connections at most': 'limit_rate 2m; limit_conn clients 3;',
  'without ranges': 'max_ranges 0;',
  'without validators': 'etag off; if_modified_since off; add_header Last-Modified "";',
}

for (const [name, location] of Object.entries(BEHAVIOURS))
  test(`nginx gives a file ${name}`, async (ctx) => {
    const { url, root } = await startNginx(ctx, location)
    writeFileSync(join(root, 'model.pt'), body)
    const download = createDownload(`${url}/model.pt`)
    expect(await download.run({ checksum })).toMatchObject({ size: body.length, sha256: hex })
    expect(readFileSync(download.target).equals(body)).toBe(true)
    expect(download.leftovers()).toEqual([])
  })

test('nginx goes on with an interrupted file, and tells when it is another one', async (ctx) => {
  const { url, root } = await startNginx(ctx, 'limit_rate 128k;')
  writeFileSync(join(root, 'model.pt'), body)
  const begin = async () => {
    const settings = { downloadConnections: 4 }
    const download = createDownload(`${url}/model.pt`, { settings })
    const first = download.run()
    await download.waitFor(
      (event): event is typeof event =>
        event.type === 'download.progress' && event.received > body.length / 4,
    )
    download.abort()
    await expect(first).rejects.toMatchObject({ code: 'INTERRUPTED' })
    return createDownload(`${url}/model.pt`, { target: download.target })
  }
  const same = await begin()
  expect((await same.run({ checksum: null })).received).toBeLessThan((body.length * 3) / 4)
  expect(readFileSync(same.target).equals(body)).toBe(true)

  const changed = await begin()
  const other = randomBytes(2 << 20)
  writeFileSync(join(root, 'model.pt'), other)
  await changed.run()
  expect(readFileSync(changed.target).equals(other)).toBe(true)
})

test('nginx gives many little files over few connections', async (ctx) => {
  const { url, root } = await startNginx(ctx)
  const names = Array.from({ length: 40 }, (_, index) => `${index}.pt`)
  for (const name of names) writeFileSync(join(root, name), name)
  const agents = createHttpAgents()
  whenOver(() => destroyAgents(agents))
  const dir = tempDir('little')
  const settings = { downloadConnections: 4 }
  const all = names.map(async (name) => {
    const target = join(dir, name)
    await createDownload(`${url}/${name}`, { settings, target }).run({ agents })
    return readFileSync(target, 'utf8')
  })
  expect(await Promise.all(all)).toEqual(names)
})
