import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { writeWheels, type TestWheel } from './python-index.ts'
import { standinPython } from './standin-python.ts'

const root = join(import.meta.dirname, '../..')

/** Kept between runs: uv and the downloads of the first run. */
export const testCache = join(root, 'node_modules/.cache/comfypin-test')

const requirements = ['demo/core/requirements.txt', 'demo/pack/requirements.txt'].map((file) =>
  join(root, file),
)

/** What the packs of a test world ask for. */
const OWN: readonly TestWheel[] = [
  { name: 'comfypin-test-alpha', version: '1.0' },
  { name: 'comfypin-test-alpha', version: '2.0' },
  { name: 'comfypin-test-beta', version: '1.0' },
  { name: 'comfypin-test-beta', version: '2.0' },
]

/**
 * A folder with the wheels that the stand-in core and the test packs need, for UV_FIND_LINKS: the
 * same path in every run, so that uv unpacks each wheel once. Made once for each content.
 */
export async function worldWheels(): Promise<string> {
  const python = await standinPython()
  const dir = join(testCache, `wheels-${hashOf(requirements.map((file) => readFileSync(file)))}`)
  if (existsSync(dir)) return dir
  const staged = `${dir}.${process.pid}.tmp`
  mkdirSync(staged, { recursive: true })
  const files = requirements.flatMap((file) => ['-r', file])
  const download = ['-m', 'pip', 'download', '--quiet', '--only-binary', ':all:']
  await promisify(execFile)(python, [...download, '--dest', staged, ...files])
  writeWheels(staged, OWN)
  publish(staged, dir)
  return dir
}

function hashOf(files: readonly Buffer[]): string {
  const hash = createHash('sha256').update(JSON.stringify(OWN))
  for (const file of files) hash.update(file)
  return hash.digest('hex').slice(0, 12)
}

/** Another test process may have been faster, with the same wheels. */
function publish(staged: string, dir: string): void {
  try {
    renameSync(staged, dir)
  } catch (error) {
    if (!existsSync(dir)) throw error
    rmSync(staged, { recursive: true })
  }
}
