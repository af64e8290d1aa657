import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  interface ProvidedContext {
    /** The built `dist/bin.cjs`. */
    cliPath: string
    /** Why there is no build; only the tests that need it fail. */
    buildFailure: string | null
  }
}

/** Before the tests that run the built CLI: build it from the sources as they are. */
export default async function buildOnce(project: TestProject): Promise<void> {
  project.provide('cliPath', pathOf('../../dist/bin.cjs'))
  try {
    await promisify(execFile)(process.execPath, [pathOf('../../scripts/build.mjs'), '--no-types'])
    project.provide('buildFailure', null)
  } catch (error) {
    project.provide('buildFailure', error instanceof Error ? error.message : String(error))
  }
}

function pathOf(relative: string): string {
  return fileURLToPath(new URL(relative, import.meta.url))
}
