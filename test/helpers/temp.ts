import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, onTestFinished, TestRunner } from 'vitest'

/** A new empty folder, removed when the running test (in a `beforeAll`: the running file) is over. */
export function tempDir(name = 'test'): string {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), `comfypin-${name}-`)))
  whenOver(() => rmSync(dir, { recursive: true, force: true, maxRetries: 3 }))
  return dir
}

/** Run `cleanUp` after the running test, or after the running file when no test runs yet. */
export function whenOver(cleanUp: () => void | Promise<void>): void {
  if (TestRunner.getCurrentTest() === undefined) ofFile.unshift(cleanUp)
  else onTestFinished(cleanUp)
}

// inside a `beforeAll` it is too late for `afterAll`: vitest would take it and never call it
const ofFile: (() => void | Promise<void>)[] = []
afterAll(async () => {
  for (const cleanUp of ofFile.splice(0)) await cleanUp()
})
