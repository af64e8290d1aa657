import { describe, expect, test } from 'vitest'
import { expandEnv } from './expand-env.ts'

const valuesOf = (...args: Parameters<typeof expandEnv>) => expandEnv(...args).values

test.each([
  ['plain', 'plain'],
  ['${HOME_DIR}/x', '/me/x'],
  ['${EARLIER}!', 'first!'],
  ['${HOME_DIR}${EARLIER}', '/mefirst'],
  ['[${UNSET}]', '[]'],
  ['${LATER}', ''],
  ['$HOME_DIR', '$HOME_DIR'],
  ['${QUOTED}', '${HOME_DIR}'],
  ['${toString}${constructor}${__proto__}', ''],
])('the value %j becomes %j', (value, expected) => {
  const outer = { HOME_DIR: '/me', QUOTED: '${HOME_DIR}' }
  const expanded = valuesOf({ EARLIER: 'first', VALUE: value, LATER: 'last' }, outer)
  expect(expanded).toEqual({ EARLIER: 'first', VALUE: expected, LATER: 'last' })
})

test('an entry may extend the variable that it hides', () => {
  const expanded = valuesOf({ PATH: '/mine:${PATH}' }, { PATH: '/usr/bin' })
  expect(expanded).toEqual({ PATH: '/mine:/usr/bin' })
})

describe('a variable that nobody has set', () => {
  test('is named with every key that uses it, once', () => {
    const { values, unset } = expandEnv(
      { A: '${GONE}-${GONE}', B: '${A}', C: '${LATER} ${GONE}', LATER: 'x' },
      {},
    )
    expect(values).toEqual({ A: '-', B: '-', C: ' ', LATER: 'x' })
    expect(unset).toEqual([
      { key: 'A', name: 'GONE' },
      { key: 'C', name: 'LATER' },
      { key: 'C', name: 'GONE' },
    ])
  })

  test('is another one than a variable that is empty', () => {
    expect(expandEnv({ A: '${EMPTY}' }, { EMPTY: '' }).unset).toEqual([])
  })
})
