import { expect, test } from 'vitest'
import { actionName, kindName } from './step-names.ts'

test.each(['queue', 'toString', '__proto__', ''])(
  '%j, which nobody named, is shown as it is',
  (name) => {
    expect(kindName(name, 'en')).toBe(name)
    expect(actionName(name, 'ru')).toBe(name)
  },
)
