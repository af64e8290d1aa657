import { expect, test } from 'vitest'
import { parseStartupLog } from './startup-log.ts'

/** 0.3.64: plain lines. */
const old = `
Failed to execute startup-script: /home/custom_nodes/prefail/prestartup_script.py / pre boom

Prestartup times for custom nodes:
   0.0 seconds (PRESTARTUP FAILED): /home/custom_nodes/prefail
   0.3 seconds: /home/custom_nodes/preok

Checkpoint files will always be loaded safely.
ComfyUI version: 0.3.64
Traceback (most recent call last):
ModuleNotFoundError: No module named 'nothere'

Cannot import /home/custom_nodes/needs module for custom nodes: No module named 'nothere'
Skip /home/custom_nodes/empty module for custom nodes due to the lack of NODE_CLASS_MAPPINGS or NODES_LIST (need one).
Traceback (most recent call last):
  File "/home/custom_nodes/bare/__init__.py", line 1, in <module>
AssertionError

Cannot import /home/custom_nodes/bare module for custom nodes:${' '}

Import times for custom nodes:
   0.0 seconds (IMPORT FAILED): /home/custom_nodes/needs
   0.0 seconds (IMPORT FAILED): /home/custom_nodes/empty
   0.1 seconds (IMPORT FAILED): /home/custom_nodes/bare
   5.0 seconds: /home/custom_nodes/slow one (copy)

   9.9 seconds: /not/in/the/section
`

test('the log of an old core', () => {
  const log = parseStartupLog(old.split('\n'))
  expect(log.version).toBe('0.3.64')
  expect(log.prestartup).toEqual([
    { path: '/home/custom_nodes/prefail', seconds: 0, failed: true, reason: 'pre boom' },
    { path: '/home/custom_nodes/preok', seconds: 0.3, failed: false, reason: null },
  ])
  expect(log.imports.map(({ path, failed, reason }) => [path.slice(19), failed, reason])).toEqual([
    ['needs', true, "No module named 'nothere'"],
    ['empty', true, 'the lack of NODE_CLASS_MAPPINGS or NODES_LIST (need one).'],
    ['bare', true, 'AssertionError'],
    ['slow one (copy)', false, null],
  ])
})

test('the log of a new core, with colours and levels, reads the same', () => {
  const coloured = old.replaceAll(/^(?!Traceback|\s+File|\w+Error)/gm, '\x1b[32m[INFO]\x1b[0m ')
  expect(parseStartupLog(coloured.split('\n'))).toEqual(parseStartupLog(old.split('\n')))
})

test('a V3 pack fails in its entry point', () => {
  const { imports } = parseStartupLog([
    '[WARNING] Error while calling comfy_entrypoint in /p/v3: entry boom',
    '[WARNING] comfy_entrypoint in /p/odd did not return a ComfyExtension, skipping.',
    '[INFO] ',
    'Import times for custom nodes:',
    '[INFO]    0.0 seconds (IMPORT FAILED): /p/v3',
    '[INFO]    0.0 seconds (IMPORT FAILED): /p/odd',
  ])
  expect(imports.map(({ reason }) => reason)).toEqual([
    'entry boom',
    'did not return a ComfyExtension',
  ])
})

test('packs that a whitelist leaves out are named once', () => {
  const because = 'due to disable_all_custom_nodes and whitelist_custom_nodes'
  const { skipped } = parseStartupLog([
    `Prestartup Skipping a pack ${because}`,
    `Skipping a pack ${because}`,
    `Skipping other ${because}`,
  ])
  expect(skipped).toEqual(['a pack', 'other'])
})

test('failures of a start that never reached its summary are kept', () => {
  const { imports } = parseStartupLog(['Cannot import /p/x module for custom nodes: boom'])
  expect(imports).toEqual([{ path: '/p/x', seconds: 0, failed: true, reason: 'boom' }])
})

test('a log without packs, or of something else, is empty', () => {
  const nothing = { version: null, prestartup: [], imports: [], skipped: [] }
  expect(parseStartupLog([])).toEqual(nothing)
  expect(parseStartupLog(['   1.0 seconds: /not/a/section', 'hello'])).toEqual(nothing)
})
