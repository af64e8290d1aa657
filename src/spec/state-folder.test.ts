import { describe, expect, test } from 'vitest'
import { parseSpec } from './parse.ts'

function parse(state: unknown) {
  const spec = {
    schema_version: 2,
    version_id: 'lab',
    comfy: { repo: 'https://example.org/a/core.git' },
    custom_nodes: [{ repo: 'https://example.org/a/pack.git', state }],
  }
  return parseSpec(JSON.stringify(spec), 'lab.json', {})
}

describe('state of a pack in a spec', () => {
  test.each([
    ['lab.state/pack', 'lab.state/pack'],
    ['./lab.state//pack/', 'lab.state/pack'],
    ['lab.state/any/depth', 'lab.state/any/depth'],
    [null, null],
  ])('%j is read as %j', (state, read) => {
    const { spec, problems, warnings } = parse(state)
    expect({ problems, warnings }).toEqual({ problems: [], warnings: [] })
    expect(spec?.custom_nodes[0]?.state).toBe(read)
  })

  test.each([
    ...[
      '',
      '/etc',
      '../lab.state/pack',
      'lab.state/../../etc',
      'lab.state',
      '.',
      'C:\\x',
      '~/.ssh',
    ],
    ...['lab.state\\pack', 'lab.state/pack\u0000', 'other.state/pack', 'models', 'lab.stateful/x'],
    ...['LAB.state/pack', 'lab.state/.git', 'file:///etc', 7, ['lab.state/pack'], {}],
  ])('%j is refused with its place', (state) => {
    const { spec, problems } = parse(state)
    expect(spec).toBeNull()
    expect(problems).toMatchObject([{ path: '$.custom_nodes[0].state' }])
  })
})
