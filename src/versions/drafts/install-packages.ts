import { join } from 'node:path'
import * as z from 'zod'
import { namesOrNone, readSmallText } from '../../platform/small-files.ts'
import { installedPackages } from '../../python/installed-packages.ts'
import { compareReleases } from '../../python/package-names.ts'
import type { InstalledPackage } from '../../python/types.ts'
import { joinParts, note, type DraftPart } from '../../spec/importers/draft-parts.ts'
import { pythonPart } from '../../spec/importers/foreign-core.ts'
import { pinLines } from '../../spec/importers/pins.ts'
import type { FoundPython } from './site-packages.ts'

/** What `pip freeze` would say, read from the packages' own records: nothing of them is run. */
export function packagesPart(python: FoundPython | null, path: string): DraftPart {
  if (python === null) return note('PYTHON_UNKNOWN', path, '')
  const packages = installedPackages(python.sitePackages).filter(
    ({ name }) => !name.startsWith('~'),
  )
  const newest = new Map<string, InstalledPackage>()
  const doubles: DraftPart[] = []
  for (const found of packages) {
    const other = newest.get(found.name)
    const isNewer = other === undefined || compareReleases(found.version, other.version) > 0
    if (isNewer) newest.set(found.name, found)
    const old = isNewer ? other : found
    if (old !== undefined) doubles.push(note('PACKAGE_LEFT_OUT', old.name, old.version))
  }
  const lines = [...newest.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1)).map(freezeLine)
  return joinParts([
    pinLines(lines),
    pythonPart(python.version),
    ...doubles,
    ...namesOrNone(python.sitePackages)
      .filter((name) => /\.egg-(?:info|link)$/.test(name))
      .map((name) => note('PACKAGE_LEFT_OUT', name.replace(/\.egg-\w+$/, ''), name)),
  ])
}

/** PEP 610: where a package came from when that was no index. */
const directUrl = z.object({
  url: z.string(),
  vcs_info: z.object({ vcs: z.string(), commit_id: z.string() }).optional(),
  archive_info: z
    .object({ hash: z.string().optional(), hashes: z.record(z.string(), z.string()).optional() })
    .optional(),
  dir_info: z.object({ editable: z.boolean().optional() }).optional(),
  subdirectory: z.string().optional(),
})

function freezeLine({ name, version, distInfo }: InstalledPackage): string {
  const text = readSmallText(join(distInfo, 'direct_url.json'), MAX_BYTES)
  const origin = text === null ? null : parseOrigin(text)
  if (origin === null) return `${name}==${version}`
  const { url, vcs_info: vcs, archive_info: archive, subdirectory } = origin
  const folder = subdirectory === undefined ? '' : `#subdirectory=${subdirectory}`
  if (vcs !== undefined) return `${name} @ ${vcs.vcs}+${url}@${vcs.commit_id}${folder}`
  const hash = archive?.hashes?.['sha256'] ?? /^sha256=(.+)$/.exec(archive?.hash ?? '')?.[1]
  return `${name} @ ${url}${hash === undefined || url.includes('#') ? '' : `#sha256=${hash}`}`
}

const MAX_BYTES = 64 * 1024

function parseOrigin(text: string): z.output<typeof directUrl> | null {
  try {
    return directUrl.safeParse(JSON.parse(text)).data ?? null
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}
