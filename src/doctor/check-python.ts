import type { Ctx } from '../core/context.ts'
import { hasCode } from '../core/errors.ts'
import { exec } from '../platform/exec.ts'
import { findPython } from '../python/interpreter.ts'
import { locateUv } from '../python/uv.ts'
import { finding } from './finding.ts'
import { withScratchUv } from './scratch-uv.ts'
import type { Check, RawFinding } from './types.ts'

/** Without them ComfyUI or its packages do not import. */
const NEEDED = ['ssl', 'zlib', 'ctypes', 'hashlib']
/** Some packs, ComfyUI's database and its own fetching of uv use them. */
const WANTED = ['sqlite3', 'lzma', 'bz2', 'venv']

/** The interpreter that new venvs are made from, and the modules that slim builds lack. */
export const checkPython: Check = { name: 'python', timeoutMs: 30_000, run }

async function run(ctx: Ctx): Promise<RawFinding[]> {
  try {
    const uv = await locateUv(ctx)
    if (uv === null) return [finding('PYTHON_UNKNOWN', {})]
    const request = { python: ctx.settings.python, offline: true }
    const python = await withScratchUv(ctx, (inner) => findPython(inner, uv, request))
    const missing = await missingModules(ctx, python.path)
    return [
      finding('PYTHON_OK', { version: python.version, path: python.path }),
      ...listed('PYTHON_NO_MODULES', missing, NEEDED),
      ...listed('PYTHON_FEW_MODULES', missing, WANTED),
    ]
  } catch (error) {
    if (hasCode(error, 'PYTHON_NOT_FOUND')) {
      const { python, reason } = error.params
      return [finding('PYTHON_ABSENT', { python: python ?? '', reason: reason ?? '' })]
    }
    if (hasCode(error, 'UV_MISSING')) return [finding('PYTHON_UNKNOWN', {})]
    throw error
  }
}

const TRY_IMPORTS = `import importlib, sys
for name in sys.argv[1:]:
    try:
        importlib.import_module(name)
    except ImportError:
        print(name)
`

async function missingModules(ctx: Ctx, python: string): Promise<string[]> {
  const { stdout } = await exec(ctx, [python, '-I', '-c', TRY_IMPORTS, ...NEEDED, ...WANTED])
  return stdout.split(/\s+/).filter((name) => name !== '')
}

function listed(
  code: 'PYTHON_NO_MODULES' | 'PYTHON_FEW_MODULES',
  missing: readonly string[],
  among: readonly string[],
): RawFinding[] {
  const names = among.filter((name) => missing.includes(name))
  return names.length === 0 ? [] : [finding(code, { names: names.join(', ') })]
}
