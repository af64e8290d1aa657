import { expect, test } from 'vitest'
import { extraModelPathsYaml } from './extra-model-paths.ts'

test('every category of ComfyUI is named once, the folder to search first stands last', () => {
  const text = extraModelPathsYaml({ modelsDir: '/m', folders: [] })
  expect(text).toContain('\n  checkpoints: "/m/checkpoints"\n')
  expect(text).toContain('\n  diffusion_models: "/m/unet\\n/m/diffusion_models"\n')
  expect(text).toContain('\n  is_default: true\n')
  expect(text).not.toMatch(/^ {2}(?:unet|clip|t2i_adapter|base_path):/m)
})

test('folders of packs are added; what the loader reads as options or code is not', () => {
  const folders = [
    'ultralytics',
    'loras',
    'base_path',
    'custom_nodes',
    'is_default',
    '.comfypin',
    '',
  ]
  const text = extraModelPathsYaml({ modelsDir: '/m', folders })
  expect(text).toContain('\n  ultralytics: "/m/ultralytics"\n')
  expect(text).not.toMatch(/custom_nodes|base_path|\.comfypin|: "\/m"$/m)
  expect(text.match(/^ {2}loras:/gm)).toHaveLength(1)
})

test.each(['/a\nb', '/a\rb', '/a\0b', 'relative'])(
  'the store %j cannot be written down',
  (modelsDir) => {
    expect(() => extraModelPathsYaml({ modelsDir, folders: [] })).toThrow(
      expect.objectContaining({ code: 'PATH_UNSAFE' }),
    )
  },
)
