import { expect, test } from 'vitest'
import { missingModule, packageOfModule } from './module-packages.ts'

test.each([
  ["No module named 'cv2'", 'cv2', 'opencv-contrib-python-headless'],
  ["No module named 'sklearn.cluster'", 'sklearn', 'scikit-learn'],
  ["No module named 'PIL'", 'PIL', 'pillow'],
  ["No module named 'lark'", 'lark', 'lark'],
  ['No module named compel', 'compel', 'compel'],
])('%s: %s comes with %s', (reason, module, name) => {
  expect(missingModule(reason)).toBe(module)
  expect(packageOfModule(module)).toBe(name)
})

test.each(['no such thing as luck', "cannot import name 'x' from 'y'"])(
  'no module is missing: %s',
  (reason) => {
    expect(missingModule(reason)).toBeNull()
  },
)

test('a name that every object has is no entry of the table', () => {
  expect(packageOfModule('constructor')).toBe('constructor')
})
