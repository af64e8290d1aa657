import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { startFileServer, type FileServer } from './file-server.ts'
import { tempDir, whenOver } from './temp.ts'

export interface TestWheel {
  name: string
  version: string
  requires?: readonly string[]
  /** Path in the wheel → text; default `<name>.py` with its version. */
  files?: Readonly<Record<string, string>>
  /** `console_scripts`, such as `hello = pkg:main`. */
  scripts?: readonly string[]
}

/** Write real wheels into a folder. */
export function writeWheels(dir: string, wheels: readonly TestWheel[]): void {
  mkdirSync(dir, { recursive: true })
  const input = JSON.stringify(wheels)
  const { status, stderr } = spawnSync('python3', ['-c', WRITE_WHEELS, dir], { input })
  if (status !== 0) throw new Error(String(stderr))
}

/** Write a source archive `<name>-1.0.tar.gz` that brings its own build backend; its path. */
export function writeSdist(dir: string, name: string, backend: string): string {
  const input = JSON.stringify({ name, backend })
  const { status, stderr } = spawnSync('python3', ['-c', WRITE_SDIST, dir], { input })
  if (status !== 0) throw new Error(String(stderr))
  return join(dir, `${name}-1.0.tar.gz`)
}

export interface PythonIndex {
  /** For UV_DEFAULT_INDEX. */
  url: string
  server: FileServer
}

/** A package index (PEP 503) with these wheels, which ends with the test or its file. */
export async function startPythonIndex(wheels: readonly TestWheel[]): Promise<PythonIndex> {
  const dir = tempDir('index')
  writeWheels(dir, wheels)
  const files = new Map<string, Buffer>()
  for (const name of new Set(wheels.map((wheel) => wheel.name)))
    files.set(`/simple/${name}/`, Buffer.from(linksOf(dir, name)))
  for (const file of readdirSync(dir)) files.set(`/files/${file}`, readFileSync(join(dir, file)))
  const html = { headers: { 'content-type': 'text/html' } }
  const server = await startFileServer({ files, faults: [html] })
  whenOver(() => server.stop())
  return { url: `${server.url}/simple/`, server }
}

function linksOf(dir: string, name: string): string {
  return readdirSync(dir)
    .filter((file) => file.startsWith(`${name.replaceAll('-', '_')}-`))
    .map((file) => `<a href="/files/${file}#sha256=${sha256Of(join(dir, file))}">${file}</a>`)
    .join('\n')
}

function sha256Of(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex')
}

const WRITE_WHEELS = `
import base64, hashlib, json, os, sys, zipfile
for wheel in json.load(sys.stdin):
    stem = wheel['name'].replace('-', '_') + '-' + wheel['version']
    module = wheel['name'].replace('-', '_') + '.py'
    files = dict(wheel.get('files') or {module: 'VERSION = %r\\n' % wheel['version']})
    info = stem + '.dist-info/'
    meta = ['Metadata-Version: 2.1', 'Name: ' + wheel['name'], 'Version: ' + wheel['version']]
    meta += ['Requires-Dist: ' + line for line in wheel.get('requires') or []]
    files[info + 'METADATA'] = '\\n'.join(meta) + '\\n'
    files[info + 'WHEEL'] = 'Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n'
    if wheel.get('scripts'):
        files[info + 'entry_points.txt'] = '[console_scripts]\\n' + '\\n'.join(wheel['scripts']) + '\\n'
    record = []
    for path, text in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode().rstrip('=')
        record.append('%s,sha256=%s,%d' % (path, digest, len(text.encode())))
    files[info + 'RECORD'] = '\\n'.join(record + [info + 'RECORD,,']) + '\\n'
    with zipfile.ZipFile(os.path.join(sys.argv[1], stem + '-py3-none-any.whl'), 'w') as out:
        for path, text in files.items():
            out.writestr(zipfile.ZipInfo(path, (2020, 1, 1, 0, 0, 0)), text)
`

const WRITE_SDIST = `
import io, json, os, sys, tarfile
given = json.load(sys.stdin)
stem = given['name'] + '-1.0'
files = {
    'PKG-INFO': 'Metadata-Version: 2.1\\nName: %s\\nVersion: 1.0\\n' % given['name'],
    'pyproject.toml': '[build-system]\\nrequires = []\\nbuild-backend = "backend"\\nbackend-path = ["."]\\n',
    'backend.py': given['backend'],
}
with tarfile.open(os.path.join(sys.argv[1], stem + '.tar.gz'), 'w:gz') as out:
    for path, text in files.items():
        entry = tarfile.TarInfo(stem + '/' + path)
        entry.size = len(text.encode())
        out.addfile(entry, io.BytesIO(text.encode()))
`
