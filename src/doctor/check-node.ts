import { compareReleases } from '../python/package-names.ts'
import { finding } from './finding.ts'
import type { Check } from './types.ts'

/** As in `engines` of package.json. */
const OLDEST_NODE = '20.19'

/** The Node that runs this. */
export const checkNode: Check = {
  name: 'node',
  timeoutMs: 1_000,
  run: async () => {
    const { node: version } = process.versions
    return [
      compareReleases(version, OLDEST_NODE) >= 0
        ? finding('NODE_OK', { version })
        : finding('NODE_OLD', { version, oldest: OLDEST_NODE }),
    ]
  },
}
