import fc from 'fast-check'
import { expect, test } from 'vitest'
import { safeFileName, targetName } from './file-name.ts'

test.each([
  ['model.safetensors', 'model.safetensors'],
  ['folder/model.ckpt', 'model.ckpt'],
  ['..\\..\\windows\\evil.pt', 'evil.pt'],
  ['../../etc/passwd', 'passwd'],
  ['.bashrc', 'bashrc'],
  ['...hidden.pt', 'hidden.pt'],
  ['trailing. . ', 'trailing'],
  ['a\0b\nc.pt', 'a_b_c.pt'],
  ['a<b>c:d"e|f?g*.pt', 'a_b_c_d_e_f_g_.pt'],
  ['evil\u202Egnp.pt', 'evil_gnp.pt'],
  ['CON', '_CON'],
  ['nul.safetensors', '_nul.safetensors'],
  ['COM1.pt', '_COM1.pt'],
  ['console.pt', 'console.pt'],
  ['модель.safetensors', 'модель.safetensors'],
])('the file name %j becomes %j', (name, expected) => {
  expect(safeFileName(name)).toBe(expected)
})

test.each(['', '.', '..', '/', 'a/..', '   ', '\0', '???'])('nothing is left of %j', (name) => {
  expect(safeFileName(name)).toBeNull()
})

test('a name that is too long is cut before its extension, between characters', () => {
  const name = safeFileName(`${'я'.repeat(300)}.safetensors`)
  expect(name).toMatch(/^я+\.safetensors$/)
  expect(Buffer.byteLength(name ?? '')).toBeLessThanOrEqual(200)
})

test('whatever a server says, the name is one plain component', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
      const name = safeFileName(text)
      if (name === null) return
      expect(name).not.toMatch(/[/\\\p{Cc}<>:"|?*]|^[.\s]|[.\s]$/u)
      expect(Buffer.byteLength(name)).toBeLessThanOrEqual(200)
    }),
  )
})

test.each([
  [null, 'a.safetensors', 'a.safetensors'],
  [null, null, null],
  ['mine', 'a.safetensors', 'mine.safetensors'],
  ['mine v1.5', 'a.safetensors', 'mine v1.5.safetensors'],
  ['mine.fp16', 'a.ckpt', 'mine.fp16.ckpt'],
  ['mine.ckpt', 'a.safetensors', 'mine.ckpt'],
  ['mine', 'download', 'mine'],
  ['mine', null, 'mine'],
])('the name %j of the source %j gives %j', (name, source, expected) => {
  expect(targetName(name, source)).toBe(expected)
})
