import { posix } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { SpecModel } from '../spec/types.ts'
import { assignTargets } from './model-targets.ts'

function model(source: string, name: string | null = null, dir = 'loras'): SpecModel {
  return { source, name, target: { root: 'models', dir }, checksum: null }
}

function inHome(source: string, name: string | null = null): SpecModel {
  return { ...model(source, name), target: { root: 'home', dir: 'loras' } }
}

function targetsOf(...models: SpecModel[]): string[] {
  const { models: placed, problems } = assignTargets(models)
  expect(problems).toEqual([])
  return placed.map(({ target_path }) => target_path)
}

const A = 'https://example.org/a.safetensors'
const B = 'https://example.org/b.safetensors'

describe('a name', () => {
  test.each([
    ['of the source', A, null, 'loras/a.safetensors'],
    ['of the spec', A, 'mine.safetensors', 'loras/mine.safetensors'],
    ['without an extension takes the source’s', A, 'mine', 'loras/mine.safetensors'],
    ['of a file', '/models/a.pt', null, 'loras/a.pt'],
    ['of a Hugging Face file', 'hf://org/repo/sub/a.pt', null, 'loras/a.pt'],
  ])('%s', (_, source, name, expected) => {
    expect(targetsOf(model(source, name))).toEqual([expected])
  })

  test('in the top folder of the store stands alone', () => {
    expect(targetsOf(model(A, null, ''))).toEqual(['a.safetensors'])
  })

  test('has to be given where only the server knows one', () => {
    const civitai = model('civitai://models/1')
    expect(assignTargets([civitai])).toEqual({ models: [], problems: [], nameless: [0] })
    expect(assignTargets([civitai], new Map([[0, null]])).problems).toEqual([
      {
        path: ['models', 0, 'name'],
        expected: expect.stringContaining('a name'),
        found: 'nothing',
      },
    ])
    expect(assignTargets([civitai], new Map([[0, 'x.pt']])).models).toMatchObject([
      { target_path: 'loras/x.pt' },
    ])
    expect(targetsOf(model('civitai://models/1', 'mine.pt'))).toEqual(['loras/mine.pt'])
  })

  test('without an extension is nameless too where only the server knows one', () => {
    const civitai = model('civitai://models/1', 'mine')
    expect(assignTargets([civitai]).nameless).toEqual([0])
    const named = (name: string | null) => assignTargets([civitai], new Map([[0, name]])).models
    expect(named('x.safetensors')).toMatchObject([{ target_path: 'loras/mine.safetensors' }])
    expect(named(null)).toMatchObject([{ target_path: 'loras/mine' }])
  })
})

describe('two models of one target', () => {
  test.each([
    ['the same name', 'x.pt', 'x.pt'],
    ['names that differ in case', 'X.pt', 'x.pt'],
    ['names that differ in Unicode form', 'caf\u00e9.pt', 'cafe\u0301.pt'],
  ])('with %s are a problem that names both', (_, one, other) => {
    const { models, problems } = assignTargets([
      model(A, one),
      model('hf://o/r/c.pt'),
      model(B, other),
    ])
    expect(models).toHaveLength(2)
    expect(problems).toEqual([
      {
        path: ['models', 2],
        expected: 'another target than models[0] has',
        found: JSON.stringify(`loras/${other}`),
      },
    ])
  })

  test.each([
    ['itself', A],
    ['itself with a token', `${A}?token=secret`],
    ['itself with a login', A.replace('//', '//me:secret@')],
    ['itself with a fragment', `${A}#part`],
  ])('from one source, %s, are one', (_, again) => {
    expect(targetsOf(model(A, 'x.pt'), model(again, 'x.pt'))).toEqual(['loras/x.pt'])
  })

  test('from one source, once at Hugging Face’s web address, are one', () => {
    const web = 'https://huggingface.co/org/repo/resolve/main/a.pt'
    expect(targetsOf(model('hf://org/repo/a.pt'), model(web))).toEqual(['loras/a.pt'])
  })

  test('from different queries are two', () => {
    expect(assignTargets([model(`${A}?v=1`), model(`${A}?v=2`)]).problems).toHaveLength(1)
  })

  test('in store and home do not collide, nor do those of other folders', () => {
    const models = [model(A, 'x.pt'), inHome(B, 'x.pt'), model(B, 'x.pt', 'vae')]
    expect(targetsOf(...models)).toEqual(['loras/x.pt', 'loras/x.pt', 'vae/x.pt'])
  })

  test('one source may go to two targets', () => {
    expect(targetsOf(model(A, 'x.pt'), model(A, 'y.pt'))).toEqual(['loras/x.pt', 'loras/y.pt'])
  })
})

describe('a source that nobody understands is a problem of the spec', () => {
  test.each([
    'ftp://example.org/a.pt',
    'javascript:alert(1)',
    'gs://bucket',
    'https://',
    'hf://only-an-organisation',
    'file://host/share/a.pt',
  ])('%s', (source) => {
    const { models, problems } = assignTargets([model(source, 'x.pt')])
    expect(models).toEqual([])
    expect(problems).toMatchObject([
      { path: ['models', 0, 'source'], found: expect.stringContaining(JSON.stringify(source)) },
    ])
  })

  test('all of them are told', () => {
    const { problems } = assignTargets([model('ftp://a'), model(A), model('ftp://b')])
    expect(problems.map(({ path }) => path[1])).toEqual([0, 2])
  })
})

describe('a hostile address gives a plain file name', () => {
  test.each([
    ['https://example.org/..%2F..%2Fetc%2Fpasswd', 'loras/passwd'],
    ['https://example.org/a/%2e%2e/%2e%2e/etc/x.pt', 'loras/x.pt'],
    ['https://example.org/%2Fetc%2Fx.pt', 'loras/x.pt'],
    ['https://example.org/..%5C..%5Cx.pt', 'loras/x.pt'],
    ['https://example.org/a%00.pt', 'loras/a_.pt'],
    ['https://example.org/a%0Ab.pt', 'loras/a_b.pt'],
    ['https://example.org/%1b[31mred.pt', 'loras/_[31mred.pt'],
    ['https://example.org/nul.pt', 'loras/_nul.pt'],
    ['https://example.org/COM1', 'loras/_COM1'],
    ['https://example.org/.bashrc', 'loras/bashrc'],
    ['https://example.org/a.pt.%20.', 'loras/a.pt'],
    ['https://example.org/cafe%CC%81.pt', 'loras/caf\u00e9.pt'],
    ['https://example.org/%E2%80%AEtp.exe', 'loras/_tp.exe'],
  ])('%s', (source, expected) => {
    expect(targetsOf(model(source))).toEqual([expected])
  })

  test('that is not too long for any filesystem', () => {
    const [target = ''] = targetsOf(model(`https://example.org/${'x'.repeat(999)}.safetensors`))
    expect(Buffer.byteLength(posix.basename(target))).toBeLessThanOrEqual(200)
    expect(target).toMatch(/x\.safetensors$/)
  })

  test('or none, and then the spec has to say one', () => {
    for (const path of ['', '..', '%2e%2e', '%00', '?a=b', '%FF'])
      expect(assignTargets([model(`https://example.org/${path}`)]).nameless).toEqual([0])
  })
})

test('whatever the address, the target is one file below its folder', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.boolean(), (path, encoded) => {
      const source = `https://example.org/${encoded ? encodeURIComponent(path) : path}`
      for (const { target_path } of assignTargets([model(source)]).models) {
        expect(posix.normalize(target_path)).toBe(target_path)
        expect(posix.dirname(target_path)).toBe('loras')
        expect(target_path).not.toMatch(/\p{Cc}|\\/u)
      }
    }),
  )
})
