import type { Language } from '../core/messages.ts'

/**
 * Help of comfypin itself. `npm run generate` writes it down from the tables, because loading every
 * command to list it costs a third of a start (perf.md row 1).
 */
export async function overviewText(version: string, language: Language): Promise<string> {
  const { default: overviews } = await import('./overview.json', { with: { type: 'json' } })
  return [`comfypin ${version}`, ...overviews[language]].join('\n')
}
