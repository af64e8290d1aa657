import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CreateBucketCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { expect, test } from 'vitest'
import { runCli } from '../helpers/cli.ts'
import { createS3Client, startGsEmulator, startS3Emulator } from '../helpers/emulators.ts'
import { tempDir } from '../helpers/temp.ts'

const BODY = randomBytes(50_000)
const KEYS = { accessKeyId: 'AKIATESTKEY', secretAccessKey: 'very-secret' }

/** A scratch HOME with one version whose only model is `source`. */
function homeWith(source: string): string {
  const home = tempDir('home')
  mkdirSync(join(home, 'versions'))
  const spec = {
    ...{ schema_version: 2, version_id: 'main', comfy: { repo: 'https://example.org/a/b' } },
    models: [{ source, target_subdir: 'loras' }],
  }
  writeFileSync(join(home, 'versions/main.json'), JSON.stringify(spec))
  return home
}

test('the packed command fetches from S3, with nothing of the SDK on stderr', async (ctx) => {
  const emulator = await startS3Emulator()
  if ('lacking' in emulator) return ctx.skip(emulator.lacking)
  const client = createS3Client(emulator.url, KEYS)
  await client.send(new CreateBucketCommand({ Bucket: 'models' }))
  await client.send(new PutObjectCommand({ Bucket: 'models', Key: 'a.pt', Body: BODY }))
  const home = homeWith('s3://models/a.pt')
  const env = {
    ...{ HOME: home, MODELS_DIR: join(home, 'models'), AWS_ENDPOINT_URL_S3: emulator.url },
    ...{ AWS_ACCESS_KEY_ID: KEYS.accessKeyId, AWS_SECRET_ACCESS_KEY: KEYS.secretAccessKey },
  }
  const size = await runCli(['models', 'size', 'main', '--json'], { env })
  expect(JSON.parse(size.stdout).data).toMatchObject({ total: BODY.length })
  expect(size.stderr).toBe('')
  expect(await runCli(['models', 'pull', 'main', '--json'], { env })).toMatchObject({ exitCode: 0 })
  expect(readFileSync(join(home, 'models/loras/a.pt')).equals(BODY)).toBe(true)
})

test('the packed command fetches from Google, and says which credentials it lacks', async (ctx) => {
  const emulator = await startGsEmulator()
  if ('lacking' in emulator) return ctx.skip(emulator.lacking)
  const post = (path: string, body: string | Uint8Array<ArrayBuffer>, type: string) =>
    fetch(`${emulator.url}${path}`, { method: 'POST', body, headers: { 'content-type': type } })
  await post('/storage/v1/b', '{"name":"models"}', 'application/json')
  await post('/upload/storage/v1/b/models/o?uploadType=media&name=a.pt', new Uint8Array(BODY), '')
  const home = homeWith('gs://models/a.pt')
  const env = { HOME: home, MODELS_DIR: join(home, 'models') }
  const pulled = await runCli(['models', 'pull', 'main', '--json'], {
    env: { ...env, STORAGE_EMULATOR_HOST: emulator.url.replace('http://', '') },
  })
  expect(pulled).toMatchObject({ exitCode: 0 })
  expect(readFileSync(join(home, 'models/loras/a.pt')).equals(BODY)).toBe(true)
  const credentials = '{"type":"service_account","client_email":"a@b","private_key":"none"}'
  const failed = await runCli(['models', 'size', 'main', '--json'], {
    env: {
      ...{ ...env, MODELS_DIR: join(home, 'empty'), COMFYPIN_GS_ENDPOINT: emulator.url },
      GOOGLE_APPLICATION_CREDENTIALS_JSON: credentials,
    },
  })
  const { models } = JSON.parse(failed.stdout).data
  expect(models[0].problem).toContain('the credentials for Google cannot be used')
  expect(failed.stderr).not.toContain('Warning')
})
