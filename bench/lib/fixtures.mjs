import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { root } from '../../scripts/lib/process.mjs'

/** Milliseconds of CLOCK_MONOTONIC, which Node reads too. */
const FIRST_LINE = `import os, time
if 'BENCH_FIRST_LINE' in os.environ:
    with open(os.environ['BENCH_FIRST_LINE'], 'w') as file:
        file.write(str(time.monotonic_ns() / 1e6))
`

/** The stand-in core as a repository; its `main.py` says when its first line runs. */
export async function standinCore(bench) {
  return makeRepository(bench, 'stand-in-core', standinFiles())
}

/** Path → content. */
export function standinFiles() {
  const from = join(root, 'demo', 'core')
  const files = Object.fromEntries(
    readdirSync(from, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.parentPath.includes('__pycache__'))
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => [relative(from, path), readFileSync(path)]),
  )
  files['main.py'] = FIRST_LINE + files['main.py'].toString()
  return files
}

/** Small packs, each with one node class. */
export async function smallPacks(bench, count) {
  const packs = []
  for (let number = 1; number <= count; number++)
    packs.push(await makeRepository(bench, `pack-${number}`, { '__init__.py': packSource(number) }))
  return packs
}

/** Small model files as `file:` sources, spread over some folders. */
export function smallModels(bench, count) {
  const dir = join(bench.work.run, `sources-${count}`)
  const folders = ['checkpoints', 'loras', 'vae', 'controlnet']
  mkdirSync(dir, { recursive: true })
  return Array.from({ length: count }, (_, index) => {
    const path = join(dir, `model-${index}.safetensors`)
    writeFileSync(path, `model ${index}\n`.repeat(100))
    return { source: `file://${path}`, target_subdir: folders[index % folders.length] }
  })
}

/** Rows share a repository of the same name. */
function makeRepository(bench, name, files) {
  return bench.once(name, async () => {
    const { createRepo } = await bench.product.internals()
    const dir = join(bench.work.run, 'repositories', `${name}.git`)
    const { commits } = createRepo(dir, { files })
    return { repo: dir, commit: commits[0] }
  })
}

/** A pack's one file; each number has a node class of its own. */
export function packSource(number) {
  return `class Node${number}:
    RETURN_TYPES = ("IMAGE",)
    FUNCTION = "run"
    CATEGORY = "bench"

    @classmethod
    def INPUT_TYPES(cls):
        return {"required": {"image": ("IMAGE",)}}

    def run(self, image):
        return (image,)


NODE_CLASS_MAPPINGS = {"BenchNode${number}": Node${number}}
`
}
