import { expect, test } from 'vitest'
import { renderPins } from './render-pins.ts'

const list = (count: number) => Array.from({ length: count }, (_, at) => `p${at}==1`).join(', ')

test('of a list of packages that moved, what came and went is shown', () => {
  const change = { subject: 'packages', from: 'torch==2, einops==0.7', to: 'torch==2, einops==0.8' }
  expect(renderPins([change], 'en')).toEqual(['  ~ packages  -einops==0.7, +einops==0.8'])
  expect(renderPins([{ ...change, to: '' }], 'en')).toEqual([
    '  ~ packages  -torch==2, -einops==0.7',
  ])
  expect(renderPins([{ ...change, from: '' }], 'ru')).toEqual([
    '  ~ пакеты  +torch==2, +einops==0.8',
  ])
})

test('of a long list the beginning is shown, and how many more there are', () => {
  const added = renderPins([{ subject: 'packages', from: null, to: list(112) }], 'en')
  expect(added).toEqual([`  + packages  ${list(10)}, … (+102)`])
  const ten = renderPins([{ subject: 'packages', from: null, to: list(10) }], 'en')
  expect(ten).toEqual([`  + packages  ${list(10)}`])
})

test('what the spec says in the same words is no news', () => {
  const changes = [
    { subject: 'env', from: null, to: '{"A":"1"}' },
    { subject: 'packages', from: null, to: '' },
    { subject: 'core', from: 'r@1', to: 'r@2' },
  ]
  expect(renderPins(changes, 'en')).toEqual(['  ~ core  r@1 → r@2'])
})
