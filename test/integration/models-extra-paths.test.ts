import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { extraModelPathsYaml } from '../../src/models/extra-model-paths.ts'
import { standinPython } from '../helpers/standin-python.ts'
import { tempDir } from '../helpers/temp.ts'

/** `load_extra_path_config` of ComfyUI's `utils/extra_config.py`, with what it calls in between. */
const loader = `
import json, os, sys, yaml

folders = json.loads(sys.argv[2])

def add_model_folder_path(name, path, is_default):
    name = {"unet": "diffusion_models", "clip": "text_encoders"}.get(name, name)
    paths = folders.setdefault(name, [])
    if path in paths:
        if is_default and paths[0] != path:
            paths.remove(path)
            paths.insert(0, path)
    elif is_default:
        paths.insert(0, path)
    else:
        paths.append(path)

with open(sys.argv[1], "r", encoding="utf-8") as stream:
    config = yaml.safe_load(stream)
yaml_dir = os.path.dirname(os.path.abspath(sys.argv[1]))
for c in config:
    conf = config[c]
    if conf is None:
        continue
    base_path = None
    if "base_path" in conf:
        base_path = conf.pop("base_path")
        base_path = os.path.expandvars(os.path.expanduser(base_path))
        if not os.path.isabs(base_path):
            base_path = os.path.abspath(os.path.join(yaml_dir, base_path))
    is_default = False
    if "is_default" in conf:
        is_default = conf.pop("is_default")
    for x in conf:
        for y in conf[x].split("\\n"):
            if len(y) == 0:
                continue
            full_path = y
            if base_path:
                full_path = os.path.join(base_path, full_path)
            elif not os.path.isabs(full_path):
                full_path = os.path.abspath(os.path.join(yaml_dir, y))
            add_model_folder_path(x, os.path.normpath(full_path), is_default)
print(json.dumps(folders))
`

let python = ''
beforeAll(async () => {
  python = await standinPython()
})

/** What ComfyUI's folders are after it has loaded the generated file. */
function load(
  modelsDir: string,
  folders: string[],
  before: Record<string, string[]> = {},
): Record<string, string[]> {
  const file = join(tempDir('yaml'), 'extra_model_paths.yaml')
  writeFileSync(file, extraModelPathsYaml({ modelsDir, folders }))
  const output = execFileSync(python, ['-c', loader, file, JSON.stringify(before)])
  return JSON.parse(output.toString()) as Record<string, string[]>
}

test("ComfyUI's loader finds every folder, the one for downloads first", () => {
  const found = load('/store', ['ultralytics'], {
    loras: ['/home/models/loras'],
    diffusion_models: ['/home/models/unet', '/home/models/diffusion_models'],
  })
  expect(found).toMatchObject({
    loras: ['/store/loras', '/home/models/loras'],
    diffusion_models: [
      '/store/diffusion_models',
      '/store/unet',
      '/home/models/unet',
      '/home/models/diffusion_models',
    ],
    text_encoders: ['/store/text_encoders', '/store/clip'],
    controlnet: ['/store/controlnet', '/store/t2i_adapter'],
    ultralytics: ['/store/ultralytics'],
  })
  expect(found).not.toHaveProperty('custom_nodes')
})

test("a store that is the home's own models folder adds nothing twice", () => {
  const own = { loras: ['/home/models/loras'] }
  expect(load('/home/models', [], own)['loras']).toEqual(['/home/models/loras'])
})

test.each([
  '/with space/and: colon # hash',
  '/$HOME/~user/%d/{x}/[y]/*&!|>',
  '/"double" and \'single\' \\ back',
  '/модели/模型/😀/é',
  '/tab\tbell\x07delete\x7fnel\x85line\u2028bom\ufeff',
  '/- item',
  '/trailing space ',
])('the path %j arrives as it is', (modelsDir) => {
  expect(load(modelsDir, [])['loras']).toEqual([`${modelsDir}/loras`])
})

test.each(['a b', 'no', 'true', '12', 'x: y', '"q"', 'мои', "it's"])(
  'the folder %j is a category of its own',
  (folder) => {
    expect(load('/store', [folder])[folder]).toEqual([`/store/${folder}`])
  },
)
