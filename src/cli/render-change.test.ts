import { expect, test } from 'vitest'
import { renderChange } from './render-change.ts'

test.each([
  ['requirement', 'numpy', null, 'numpy', '  + требование numpy'],
  ['requirement', 'numpy', 'numpy', null, '  - требование numpy'],
  ['option', 'offline', 'false', 'true', '  ~ настройка offline  false → true'],
  ['env', 'FOO', null, 'bar', '  + env FOO  bar'],
  ['core', 'core', 'r@1', 'r@2', '  ~ ядро  r@1 → r@2'],
] as const)('a changed %s is told in Russian, and no value twice', (part, name, from, to, line) => {
  expect(renderChange({ part, name, change: 'changed', from, to }, 'ru')).toBe(line)
})
