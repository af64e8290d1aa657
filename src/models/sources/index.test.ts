import { homedir } from 'node:os'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ComfypinError } from '../../core/errors.ts'
import { systemClock } from '../../core/context.ts'
import { ignoreEvents } from '../../core/events.ts'
import { parseSettings } from '../../platform/settings.ts'
import { parseSource, sourceAddress } from './index.ts'

function parse(text: string, env: Record<string, string> = {}) {
  const signal = new AbortController().signal
  const ctx = { emit: ignoreEvents, signal, settings: parseSettings(env), clock: systemClock }
  const source = parseSource(ctx, text, '/specs')
  if (source.kind === 'file') throw new Error('a remote source was expected')
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
  ['gs://bucket/a.pt', 'MODEL_SOURCE_NOT_YET'],
  ['s3://bucket/a.pt', 'MODEL_SOURCE_NOT_YET'],
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
  ['https://example.org/a.pt', {}, 401, /login/],
  ['https://example.org/a.pt', {}, 'page', /web page/],
  ['https://example.org/a.pt', {}, 429, /limits/],
  ['https://example.org/a.pt', {}, 503, /trouble/],
] as const)('%s with %o answered %s: the hint helps', (text, env, status, hint) => {
  expect(parse(text, env).hintFor(status)).toMatch(hint)
})
