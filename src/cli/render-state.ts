import { say, type Language } from '../core/messages.ts'
import { formatBytes } from '../core/units.ts'
import type { TakenState } from '../versions/state/shown-state.ts'

/** The state of packs that went along, by name: who sends it on has to know what it is. */
export function renderState(packs: readonly TakenState[], language: Language): string[] {
  return packs.flatMap(({ pack, files, size }) => [
    say(language, 'stateTaken', { pack, count: files.length, size: formatBytes(size) }),
    ...files.slice(0, SHOWN).map((path) => `  ${path}`),
    ...(files.length > SHOWN ? ['  …'] : []),
  ])
}

/** `--json` names all of them. */
const SHOWN = 50

/** Where the files of a version are kept that a new one replaced. */
export function renderKept(
  { kept, kept_state: state }: { kept: string | null; kept_state: string | null },
  language: Language,
): string[] {
  return [
    ...(kept === null ? [] : [say(language, 'createdKept', { file: kept })]),
    ...(state === null ? [] : [say(language, 'createdKeptState', { file: state })]),
  ]
}
