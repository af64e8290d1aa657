import { expect, test } from 'vitest'
import { listDifference } from './list-difference.ts'

test('two spellings of the same list differ in nothing', () => {
  const first = ['numpy>=1, <2', 'Opencv_Python', 'torch ; sys_platform == "linux"']
  const second = ["torch; sys_platform=='linux'", 'opencv-python', 'numpy <2,>=1']
  expect(listDifference(first, second)).toBe('')
})

test('what was added, what is gone and what has another condition', () => {
  expect(listDifference(['numpy', 'torch'], ['lark', 'torch>=2'])).toBe('+lark -numpy ~torch>=2')
})

test('another extra is another condition', () => {
  expect(listDifference(['qrcode'], ['qrcode[pil]'])).toBe('~qrcode[pil]')
})
