import { expect, test } from 'vitest'
import { twinOverrides, twinsAtHand } from './twins.ts'

const found = (name: string, version: string) => ({ name, version, commit: null })

test('onnxruntime is chosen by the torch that comes with it', () => {
  const both = [found('onnxruntime', '1.23.2'), found('onnxruntime-gpu', '1.23.0')]
  const keptWith = (torch: string) => twinOverrides([...both, found('torch', torch)], [], [])
  expect(keptWith('2.13.0+cpu')).toMatchObject([{ kept: 'onnxruntime', atMost: '1.23.0' }])
  expect(keptWith('2.13.0')).toMatchObject([{ kept: 'onnxruntime-gpu', removed: ['onnxruntime'] }])
})

test('the spec that names several of them decides nothing', () => {
  const both = [found('opencv-python', '5.0'), found('opencv-contrib-python', '4.9')]
  const lines = ['opencv-python', 'opencv-contrib-python']
  const spec = { owner: 'python_packages', file: null, lines, constraints: [] }
  expect(twinOverrides(both, [spec], [])).toMatchObject([
    { kept: 'opencv-contrib-python-headless', atMost: '4.9' },
  ])
})

test('an override names the one to keep, and several of them stay as they are', () => {
  const both = [found('opencv-python', '5.0'), found('opencv-contrib-python', '4.9')]
  const keptWith = (...overrides: string[]) => twinOverrides(both, [], overrides)
  expect(keptWith('opencv-python==5.0')).toMatchObject([
    { kept: 'opencv-python', removed: ['opencv-contrib-python'] },
  ])
  expect(keptWith('opencv-python==5.0', 'opencv-contrib-python==4.9')).toEqual([])
})

test('at hand, the twin that is installed stays', () => {
  const source = { owner: 'a', file: null, lines: ['opencv-python'], constraints: [] }
  const banned = (...installed: string[]) =>
    twinsAtHand(installed, [source], []).flatMap((twin) => twin.banned)
  expect(banned('opencv-python-headless')).toContain('opencv-python')
  expect(banned('opencv-python-headless')).not.toContain('opencv-python-headless')
  expect(banned('numpy')).toEqual([])
})

test('one of a group is no conflict', () => {
  expect(twinOverrides([found('onnxruntime', '1.0')], [], [])).toEqual([])
})
