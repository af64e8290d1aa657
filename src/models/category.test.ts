import { expect, test } from 'vitest'
import { categoryOf } from './category.ts'

test.each([
  ['checkpoints/a.pt', 'checkpoints'],
  ['clip/sub/a.pt', 'text_encoders'],
  ['unet/a.pt', 'diffusion_models'],
  ['LLM/a.pt', 'LLM'],
  ['a.pt', null],
])('a model at %s is one of %s', (target_path, category) => {
  expect(categoryOf({ root: 'models', target_path })).toBe(category)
})

test('a model inside a home is in no category', () => {
  expect(categoryOf({ root: 'home', target_path: 'custom_nodes/x/a.pt' })).toBeNull()
})
