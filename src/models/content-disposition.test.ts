import { expect, test } from 'vitest'
import { dispositionName } from './content-disposition.ts'

test.each([
  ['attachment; filename="model.safetensors"', 'model.safetensors'],
  ['attachment; filename=model.safetensors', 'model.safetensors'],
  ['attachment; filename="a \\"b\\".pt"; size=3', 'a _b_.pt'],
  ['attachment; filename="plain.pt"; filename*=UTF-8\'\'%D1%8F.pt', 'я.pt'],
  ["attachment; filename*=UTF-8'en'a%20b.pt", 'a b.pt'],
  ["attachment; filename*=UTF-8''%ZZ; filename=fallback.pt", 'fallback.pt'],
  ['attachment; filename="../../../root/.ssh/keys"', 'keys'],
  ['attachment; filename="..\\\\..\\\\evil.pt"', 'evil.pt'],
  ["attachment; filename*=UTF-8''..%2F..%2Fevil.pt", 'evil.pt'],
  [Buffer.from('attachment; filename="модель.pt"').toString('latin1'), 'модель.pt'],
])('the header %j names %j', (header, expected) => {
  expect(dispositionName(header)).toBe(expected)
})

test.each([
  undefined,
  '',
  'attachment',
  'inline',
  'attachment; filename=""',
  'attachment; filename=".."',
])('the header %j names nothing', (header) => {
  expect(dispositionName(header)).toBeNull()
})
