import { say, type Language } from '../../core/messages.ts'
import { formatBytes } from '../../core/units.ts'
import type { ShownModel, ShownPack, ShownRepo, ShownVersion } from '../../versions/show.ts'
import { defineCommand } from '../command.ts'
import { selectorOf, versionArgument, versionFlags } from '../selector.ts'
import { stateName } from '../state-name.ts'

export const showCommand = defineCommand({
  name: 'show',
  synonyms: ['info'],
  summary: {
    en: 'Show everything known here about a version.',
    ru: 'Показать всё, что здесь известно о версии.',
  },
  positionals: [versionArgument],
  flags: versionFlags,
  async run(ctx, input) {
    const { showVersion } = await import('../../versions/show.ts')
    return showVersion(ctx, selectorOf(input))
  },
  render(version, language) {
    const { version_id: id, state, core, packs, models, python, env, paths } = version
    const count = (value: number | null) => (value === null ? '-' : value)
    return [
      say(language, 'showState', { id, state: stateName(state, language) }),
      say(language, 'showCore', { pin: `${pinOf(core)}${cacheNote(core, language)}` }),
      say(language, 'showPython', {
        version: python.version ?? python.requested ?? '-',
        locked: count(python.locked),
        installed: count(python.installed),
      }),
      ...python.scripts.map(({ pack, requirements }) =>
        say(language, 'showScript', { pack, lines: requirements.join(', ') }),
      ),
      ...(env.length === 0 ? [] : [say(language, 'showEnv', { names: env.join(', ') })]),
      ...section(
        say(language, 'showPacks', {}),
        packs.map((pack) => [
          pack.name,
          packPin(pack),
          packState(pack, language),
          keptState(pack, language),
        ]),
      ),
      ...section(
        say(language, 'showModels', {}),
        models.map((model) => [modelState(model, language), model.path, model.source]),
      ),
      ...section(say(language, 'showPaths', {}), pathRows(paths)),
    ].join('\n')
  },
})

function pinOf({ repo, ref, commit }: ShownRepo): string {
  return `${repo}@${commit?.slice(0, 12) ?? '?'}${ref === null ? '' : ` (${ref})`}`
}

function packPin({ registry, repo, subdir, ...pin }: ShownPack): string {
  if (registry !== null) return `registry:${registry.id}@${registry.version ?? '?'}`
  return `${pinOf({ ...pin, repo: repo ?? '' })}${subdir === null ? '' : ` ${subdir}`}`
}

function cacheNote(repo: ShownRepo, language: Language): string {
  return repo.in_cache ? '' : `  ${say(language, 'showNotCached', {})}`
}

function packState(pack: ShownPack, language: Language): string {
  if (!pack.in_cache) return say(language, 'showNotCached', {})
  if (pack.imports === null) return say(language, 'showUnchecked', {})
  return pack.imports
    ? say(language, 'showNodes', { count: pack.nodes ?? 0 })
    : say(language, 'showBroken', { reason: pack.reason ?? '' })
}

function keptState({ state }: ShownPack, language: Language): string {
  if (state === null) return ''
  const size = formatBytes(state.size)
  const key = state.in === 'home' ? 'showKept' : 'showKeptAside'
  return say(language, key, { files: state.files, size })
}

function modelState({ present, size, problem }: ShownModel, language: Language): string {
  if (problem !== null) return problem
  return present && size !== null ? formatBytes(size) : say(language, 'showMissing', {})
}

function pathRows(paths: ShownVersion['paths']): string[][] {
  return Object.entries(paths).map(([name, path]) => [name, path ?? '-'])
}

/** A title and its rows in columns; nothing when there are none. */
function section(title: string, rows: readonly (readonly string[])[]): string[] {
  if (rows.length === 0) return []
  const widths = rows[0]?.map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0))) ?? []
  const line = (row: readonly string[]) =>
    `  ${row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join('  ')}`.trimEnd()
  return [title, ...rows.map(line)]
}
