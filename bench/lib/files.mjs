import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../../scripts/lib/process.mjs'

/** Where results and the page go; a draft leaves the project's own alone. */
export function resultFiles({ draft }) {
  const drafts = join(root, 'bench', '.work', 'draft')
  if (draft) mkdirSync(drafts, { recursive: true })
  const docs = draft ? drafts : join(root, 'docs')
  return {
    results: join(draft ? drafts : join(root, 'bench'), 'results.json'),
    page: join(docs, 'benchmarks.md'),
    plot: join(docs, 'benchmarks.svg'),
  }
}
