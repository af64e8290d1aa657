import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Settings } from '../core/settings.ts'
import { homeOf, isVersionId } from '../platform/paths.ts'
import { listSpecIds } from '../spec/locate.ts'
import { readMarker } from './marker.ts'
import { unchangedMarker } from './noop.ts'

export interface VersionState {
  id: string
  spec: string
  home: string
  state: 'ready' | 'outdated' | 'spec only' | 'invalid'
}

/** Every spec of the versions folder with the state of its home (R106). Nothing is parsed or asked. */
export function listVersions(settings: Settings): VersionState[] {
  return listSpecIds(settings.versionsDir).map((id) => {
    const spec = join(settings.versionsDir, `${id}.json`)
    if (!isVersionId(id)) return { id, spec, home: '', state: 'invalid' }
    return { id, spec, home: homeOf(settings, id), state: stateOf(settings, id, spec) }
  })
}

function stateOf(settings: Settings, id: string, spec: string): VersionState['state'] {
  if (readMarker(homeOf(settings, id))?.version_id !== id) return 'spec only'
  return unchangedMarker(settings, id, readFileSync(spec, 'utf8')) === null ? 'outdated' : 'ready'
}
