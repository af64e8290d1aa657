import { expect, test } from 'vitest'
import { parseSettings } from './settings.ts'

const KEYS = { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret' }

test('a key of S3 is a pair; half of one belongs to somebody else', () => {
  expect(parseSettings({ ...KEYS, AWS_SESSION_TOKEN: 'session' }).s3.keys).toEqual({
    accessKeyId: 'id',
    secretAccessKey: 'secret',
    sessionToken: 'session',
  })
  expect(parseSettings({ AWS_ACCESS_KEY_ID: 'id' }).s3.keys).toBeNull()
})

test.each([
  [{ AWS_REGION: 'a', AWS_DEFAULT_REGION: 'b' }, { region: 'a' }],
  [{ AWS_DEFAULT_REGION: 'b' }, { region: 'b' }],
  [{ AWS_ENDPOINT_URL_S3: 'https://a', AWS_ENDPOINT_URL: 'https://b' }, { endpoint: 'https://a' }],
  [{ AWS_ENDPOINT_URL: 'https://b' }, { endpoint: 'https://b' }],
])('S3 with %j has %j', (env, expected) => {
  expect(parseSettings(env).s3).toMatchObject(expected)
})

test('an emulator may be named without a scheme, as Google’s own tools take it', () => {
  expect(parseSettings({ STORAGE_EMULATOR_HOST: 'localhost:9023' }).gs).toMatchObject({
    endpoint: 'http://localhost:9023',
    isEmulator: true,
  })
  expect(parseSettings({ COMFYPIN_GS_ENDPOINT: 'https://mirror.org/' }).gs).toMatchObject({
    endpoint: 'https://mirror.org',
    isEmulator: false,
  })
})

test('credentials of Google are a file, a JSON text or its base64', () => {
  const json = '{"type":"service_account"}'
  const of = (env: Record<string, string>) => parseSettings(env).gs.credentials
  expect(of({ GOOGLE_APPLICATION_CREDENTIALS: '/key.json' })).toEqual({ file: '/key.json' })
  expect(of({ GOOGLE_APPLICATION_CREDENTIALS_JSON: json })).toEqual({ json })
  expect(of({ GCS_CREDENTIALS: Buffer.from(json).toString('base64') })).toEqual({ json })
})

test.each([
  [{ RUNPOD_VOLUME_QUOTA_BYTES: '1000', RUNPOD_VOLUME_QUOTA_GB: '9' }, 1000],
  [{ RUNPOD_VOLUME_QUOTA_GB: '1.5' }, 1.5 * 2 ** 30],
  [{ RUNPOD_VOLUME_SIZE_GB: '2' }, 2 ** 31],
  [{ RUNPOD_VOLUME_GB: '2' }, 2 ** 31],
  [{ RUNPOD_VOLUME_SIZE_BYTES: '1000' }, 1000],
  [{ RUNPOD_VOLUME_BYTES: '1000' }, 1000],
  [{}, null],
])('the quota of a volume with %j is %j bytes', (env, bytes) => {
  expect(parseSettings(env).volume.quotaBytes).toBe(bytes)
})
