import { writeFileSync } from 'node:fs'

/**
 * A vitest reporter: writes `{ passed, failed, skipped, skips }` to the file COMFYPIN_TEST_SUMMARY,
 * `skips` with the reason of each. Files that fail to load and errors outside tests count as failed.
 */
export default class Summary {
  onTestRunEnd(modules, errors) {
    const tests = modules.flatMap((module) => [...module.children.allTests()])
    const withState = (state) => tests.filter((test) => test.result().state === state)
    const broken = modules.filter(
      (module) => module.state() === 'failed' && ![...module.children.allTests('failed')].length,
    )
    const skips = withState('skipped').map((test) => ({
      name: `${test.module.relativeModuleId} > ${test.fullName}`,
      reason: test.result().note ?? 'no reason given',
    }))
    writeFileSync(
      process.env.COMFYPIN_TEST_SUMMARY,
      JSON.stringify({
        passed: withState('passed').length,
        failed: withState('failed').length + broken.length + errors.length,
        skipped: skips.length,
        skips,
      }),
    )
  }
}
