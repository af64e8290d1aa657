import { homedir } from 'node:os'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ComfypinError } from '../../core/errors.ts'
import { systemClock } from '../../core/context.ts'
import { ignoreEvents } from '../../core/events.ts'
import { parseSettings } from '../../platform/settings.ts'
import { bucketHint } from './hints.ts'
import { parseSource, sourceAddress } from './index.ts'

function parse(text: string, env: Record<string, string> = {}) {
  const signal = new AbortController().signal
  const ctx = { emit: ignoreEvents, signal, settings: parseSettings(env), clock: systemClock }
  const source = parseSource(ctx, text, '/specs')
  if (!('url' in source)) throw new Error('a remote source was expected')
  return source
}

const HF = 'https://huggingface.co/org/repo/resolve'

test.each([
  ['hf://org/repo/model.safetensors', `${HF}/main/model.safetensors`],
  ['huggingface://org/repo/sub/model.pt', `${HF}/main/sub/model.pt`],
  ['hf://org/repo@v1.0/model.pt', `${HF}/v1.0/model.pt`],
  ['hf://org/repo@refs%2Fpr%2F1/model.pt', `${HF}/refs%2Fpr%2F1/model.pt`],
  ['hf://org/repo/model.pt?rev=abc', `${HF}/abc/model.pt`],
  ['hf://org/repo/model.pt?revision=refs/pr/1', `${HF}/refs%2Fpr%2F1/model.pt`],
  ['hf://org/repo/a b#c.pt'.replace('#', '%23'), `${HF}/main/a%20b%23c.pt`],
  ['hf://datasets/org/repo/x.pt', 'https://huggingface.co/datasets/org/repo/resolve/main/x.pt'],
  [`${HF}/main/model.pt?download=true`, `${HF}/main/model.pt`],
  [`${HF}/refs/pr/1/model.pt`, `${HF}/refs%2Fpr%2F1/model.pt`],
  ['https://huggingface.co/org/repo/blob/main/model.pt', `${HF}/main/model.pt`],
  ['https://hf.co/org/repo/resolve/main/model.pt', `${HF}/main/model.pt`],
  ['civitai://models/42', 'https://civitai.com/api/download/models/42'],
  ['civitai://api/download/models/42', 'https://civitai.com/api/download/models/42'],
  [
    'civitai://api/download/models/42?type=Model&format=SafeTensor',
    'https://civitai.com/api/download/models/42?format=SafeTensor&type=Model',
  ],
  [
    'https://civitai.com/api/download/models/42?type=Model&format=SafeTensor&token=secret',
    'https://civitai.com/api/download/models/42?format=SafeTensor&type=Model',
  ],
  [
    'https://civitai.com/models/7/some-name?modelVersionId=42',
    'https://civitai.com/api/download/models/42',
  ],
  ['civitai://models/7?modelVersionId=42', 'https://civitai.com/api/download/models/42'],
  ['civitai://models/7/some-name?modelVersionId=42', 'https://civitai.com/api/download/models/42'],
  ['civitai://api/v1/model-versions/42', 'https://civitai.com/api/download/models/42'],
  ['https://civitai.com/api/v1/model-versions/42', 'https://civitai.com/api/download/models/42'],
  ['civitai:7@42', 'https://civitai.com/api/download/models/42'],
  ['urn:air:sdxl:checkpoint:civitai:7@42', 'https://civitai.com/api/download/models/42'],
  ['gs://bucket/a b/c%20d.pt', 'gs://bucket/a b/c%20d.pt'],
  ['GS://my.bucket_1/what?.pt', 'gs://my.bucket_1/what?.pt'],
  ['gs://bucket/a.pt?generation=7', 'gs://bucket/a.pt?generation=7'],
  ['s3://bucket/a.pt?region=eu-west-1', 's3://bucket/a.pt'],
  ['s3://bucket/a.pt?versionId=v1&region=eu', 's3://bucket/a.pt?versionId=v1'],
  [
    's3://bucket/a.pt?endpoint=https://r2.example.org/',
    's3://bucket/a.pt?endpoint=https%3A%2F%2Fr2.example.org',
  ],
  ['https://example.org/a.pt', 'https://example.org/a.pt'],
  [
    'HTTPS://user:pw@Example.org:443/x/../a.pt?b=2&a=1&token=t#frag',
    'https://example.org/a.pt?a=1&b=2',
  ],
  ['https://s3.example.org/a.pt?X-Amz-Signature=1&X-Amz-Date=2', 'https://s3.example.org/a.pt'],
  ['/models/a b.pt', 'file:///models/a%20b.pt'],
  ['a.pt', 'file:///specs/a.pt'],
  ['./sub/../a.pt', 'file:///specs/a.pt'],
  ['file:a.pt', 'file:///specs/a.pt'],
  ['file:///models/a%20b.pt', 'file:///models/a%20b.pt'],
  ['file://localhost/models/a.pt', 'file:///models/a.pt'],
  ['~/a.pt', `file://${homedir()}/a.pt`],
])('the source %j is %j', (text, canonical) => {
  expect(sourceAddress(text, '/specs').canonical).toBe(canonical)
})

test.each([
  ['hf://org/repo/sub/model.safetensors', 'model.safetensors'],
  ['https://example.org/a%20b.pt?x=1', 'a b.pt'],
  ['https://example.org/x/..%2F..%2Fevil.pt', 'evil.pt'],
  ['https://example.org/x/%2e%2e', null],
  ['https://example.org/%00', null],
  ['https://example.org/', null],
  ['https://example.org/.env', 'env'],
  ['civitai://models/42', null],
  ['/models/a.pt', 'a.pt'],
  ['gs://bucket/sub/a b.pt', 'a b.pt'],
  ['s3://bucket/..\\evil.pt', 'evil.pt'],
])('the source %j names its file %j', (text, name) => {
  expect(sourceAddress(text, '/specs').fileName).toBe(name)
})

test.each([
  ['hf://org/model.pt', 'MODEL_SOURCE_INVALID'],
  ['hf://org/repo', 'MODEL_SOURCE_INVALID'],
  ['hf://org/repo/', 'MODEL_SOURCE_INVALID'],
  ['hf://org/repo/../../x', 'MODEL_SOURCE_INVALID'],
  ['hf://org/repo/%2e%2e/x', 'MODEL_SOURCE_INVALID'],
  ['hf://org/repo/a%2Fb', 'MODEL_SOURCE_INVALID'],
  ['hf://org/repo/%zz', 'MODEL_SOURCE_INVALID'],
  ['hf://org/repo/x?branch=a', 'MODEL_SOURCE_INVALID'],
  ['hf://or g/repo/x', 'MODEL_SOURCE_INVALID'],
  ['hf://org/repo@../x', 'MODEL_SOURCE_INVALID'],
  ['hf://org/repo@%0A/x', 'MODEL_SOURCE_INVALID'],
  ['civitai://models/abc', 'MODEL_SOURCE_INVALID'],
  ['civitai://42', 'MODEL_SOURCE_INVALID'],
  ['https://civitai.com/models/7', 'MODEL_SOURCE_INVALID'],
  ['https://', 'MODEL_SOURCE_INVALID'],
  ['file://host/share/a.pt', 'MODEL_SOURCE_INVALID'],
  ['file:///a%zz', 'MODEL_SOURCE_INVALID'],
  ['/a\0b', 'MODEL_SOURCE_INVALID'],
  ['civitai://models/7/name', 'MODEL_SOURCE_INVALID'],
  ['civitai://models/7?modelVersionId=x', 'MODEL_SOURCE_INVALID'],
  ['https://civitai.com/models/7?modelVersionId=', 'MODEL_SOURCE_INVALID'],
  ['urn:air:sdxl:lora:elsewhere:1@2', 'MODEL_SOURCE_INVALID'],
  ['gs://bucket', 'MODEL_SOURCE_INVALID'],
  ['gs://bucket/folder/', 'MODEL_SOURCE_INVALID'],
  ['gs:///a.pt', 'MODEL_SOURCE_INVALID'],
  ['gs://buck%65t/a.pt', 'MODEL_SOURCE_INVALID'],
  ['s3://me:secret@bucket/a.pt', 'MODEL_SOURCE_INVALID'],
  ['s3://bucket/x/../a.pt', 'MODEL_SOURCE_INVALID'],
  ['s3://bucket/a\nb.pt', 'MODEL_SOURCE_INVALID'],
  ['s3://bucket/a.pt?endpoint=ftp://x', 'MODEL_SOURCE_INVALID'],
  ['s3://bucket/a.pt?endpoint=http://me:secret@x', 'MODEL_SOURCE_INVALID'],
  ['ftp://host/a.pt', 'MODEL_SOURCE_UNSUPPORTED'],
  ['data:text/plain,x', 'MODEL_SOURCE_UNSUPPORTED'],
  ['javascript:alert(1)', 'MODEL_SOURCE_UNSUPPORTED'],
])('the source %j is refused with %s', (text, code) => {
  expect(() => sourceAddress(text, '/specs')).toThrow(expect.objectContaining({ code }))
})

test('any text is a source or an expected failure', () => {
  const schemes = fc.constantFrom(
    '',
    'hf://',
    'civitai://models/',
    'https://',
    'file:',
    'https://huggingface.co/',
    'https://civitai.com/models/',
    'gs://bucket/',
    's3://',
    'urn:air:',
  )
  fc.assert(
    fc.property(schemes, fc.string(), (scheme, rest) => {
      try {
        sourceAddress(scheme + rest, '/specs')
      } catch (error) {
        expect(error).toBeInstanceOf(ComfypinError)
      }
    }),
    { numRuns: 500 },
  )
})

test('each token goes to its own host and to no other', () => {
  const env = { HF_TOKEN: 'hf_secret', CIVITAI_TOKEN: 'civ' }
  expect(parse('hf://org/repo/a.pt', env).headers).toEqual({ authorization: 'Bearer hf_secret' })
  expect(parse(`${HF}/main/a.pt`, env).headers).toEqual({ authorization: 'Bearer hf_secret' })
  expect(parse('civitai://models/1', env).headers).toEqual({ authorization: 'Bearer civ' })
  for (const stranger of [
    'https://example.org/a.pt',
    'http://huggingface.co/org/repo/resolve/main/a.pt',
    'https://huggingface.co.evil.org/org/repo/resolve/main/a.pt',
    'https://huggingface.co:8443/org/repo/resolve/main/a.pt',
    'https://evil.org/huggingface.co/a.pt',
    'https://evil-civitai.com/api/download/models/1',
  ])
    expect(parse(stranger, env).headers).toEqual({})
})

test('a login inside an address becomes a header and leaves the address', () => {
  const source = parse('https://me:p%40ss@example.org/a.pt')
  expect(source.url).toBe('https://example.org/a.pt')
  expect(source.headers).toEqual({
    authorization: `Basic ${Buffer.from('me:p@ss').toString('base64')}`,
  })
  const civitai = parse('https://civitai.com/api/download/models/1?token=mine', {
    CIVITAI_TOKEN: 'env',
  })
  expect(civitai.url).toBe('https://civitai.com/api/download/models/1')
  expect(civitai.headers).toEqual({ authorization: 'Bearer mine' })
})

test('a mirror changes where a source is fetched from, not its key', () => {
  const mirrored = parse('hf://org/repo/a.pt', { HF_ENDPOINT: 'https://mirror.example.org/hf/' })
  expect(mirrored.url).toBe('https://mirror.example.org/hf/org/repo/resolve/main/a.pt')
  expect(mirrored.key).toBe(parse('hf://org/repo/a.pt').key)
})

test.each([
  ['hf://org/repo/a.pt', {}, 401, /set HF_TOKEN.*huggingface\.co\/org\/repo /],
  ['hf://org/repo/a.pt', { HF_TOKEN: 'hf_x' }, 403, /accept the licence/],
  ['hf://org/repo/a.pt', { LANG: 'ru_RU.UTF-8' }, 401, /задайте HF_TOKEN/],
  ['hf://org/repo/a.pt', {}, 404, /check repository, revision and path; .*HF_TOKEN/],
  ['civitai://models/1', {}, 401, /set CIVITAI_TOKEN/],
  ['civitai://models/1', {}, 'page', /set CIVITAI_TOKEN/],
  ['civitai://models/1', { CIVITAI_TOKEN: 'x' }, 403, /early access/],
  ['civitai://models/1', {}, 404, /version id/],
  ['https://example.org/a.pt', {}, 401, /login/],
  ['https://example.org/a.pt', {}, 'page', /web page/],
  ['https://example.org/a.pt', {}, 429, /limits/],
  ['https://example.org/a.pt', {}, 503, /trouble/],
] as const)('%s with %o answered %s: the hint helps', (text, env, status, hint) => {
  expect(parse(text, env).hintFor(status)).toMatch(hint)
})

test.each([
  ['GatedRepo', 403, /accept the licence|HF_TOKEN/],
  ['RepoNotFound', 401, /name of the repository/],
  ['RevisionNotFound', 404, /the revision is not/],
  ['EntryNotFound', 404, /the file is not/],
  ['SomethingNew', 404, /check repository, revision and path/],
])('what Hugging Face says with %s is in the hint', (code, status, hint) => {
  expect(parse('hf://org/repo/a.pt').hintFor(status, code)).toMatch(hint)
})

test('a bucket tells which credentials are missing or do not suffice', () => {
  const settings = parseSettings({})
  expect(bucketHint(settings, 's3', false, 403)).toMatch(/AWS_ACCESS_KEY_ID/)
  expect(bucketHint(settings, 's3', true, 403)).toMatch(/s3:GetObject/)
  expect(bucketHint(settings, 'gs', false, 401)).toMatch(/GOOGLE_APPLICATION_CREDENTIALS/)
  expect(bucketHint(settings, 'gs', true, 403)).toMatch(/Storage Object Viewer/)
  expect(bucketHint(parseSettings({ LANG: 'ru' }), 'gs', true, 404)).toMatch(/бакета/)
  expect(bucketHint(settings, 's3', false, 503)).toMatch(/trouble/)
})
