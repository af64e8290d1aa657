import { say } from '../../core/messages.ts'
import { actionName } from '../../report/step-names.ts'
import type { PulledPack } from '../../versions/pulled-pack.ts'
import { defineCommand } from '../command.ts'
import { alignColumns } from '../model-rows.ts'
import { isFileArgument } from '../pull-arguments.ts'
import { renderNotes } from '../render-notes.ts'

export const nodesPullCommand = defineCommand({
  name: 'nodes pull',
  synonyms: ['nodes download', 'packs pull'],
  summary: {
    en: 'Fetch packs into the cache: of a file, or named here.',
    ru: 'Загрузить паки в кэш: из файла или названные здесь.',
  },
  positionals: [
    {
      name: 'pack',
      required: true,
      many: true,
      doc: {
        en: 'A file of packs (.json, .yml, .yaml), or a pack as in create --node.',
        ru: 'Файл паков (.json, .yml, .yaml) или пак, как в create --node.',
      },
    },
  ],
  flags: {
    'dry-run': {
      type: 'boolean',
      doc: {
        en: 'Show what would come; write nothing.',
        ru: 'Показать план, ничего не записывая.',
      },
    },
  },
  async run(ctx, input) {
    const { pullPacks } = await import('../../versions/nodes-pull.ts')
    return pullPacks(ctx, {
      files: input.args.filter(isFileArgument),
      packs: input.args.filter((text) => !isFileArgument(text)),
      cwd: process.cwd(),
      dryRun: input.flags['dry-run'] === true,
    })
  },
  render({ packs, notes, checkouts: dir, dry_run: dry }, language) {
    const rows = packs.map((pack) => [
      actionName(pack.action, language),
      pack.name,
      pinOf(pack),
      pack.path ?? '',
    ])
    const absent = packs.filter(({ present }) => !present).length
    const summary =
      absent === 0
        ? say(language, 'packsPulled', { count: packs.length, dir })
        : say(language, 'packsFailed', { count: absent })
    return [
      ...alignColumns(rows),
      ...packs.flatMap(({ name: path, problem }) =>
        problem === null ? [] : [say(language, 'modelProblem', { path, problem })],
      ),
      ...renderNotes(notes, language),
      dry ? say(language, 'planDryRun', {}) : summary,
    ].join('\n')
  },
  exitCode: ({ packs, dry_run: dry }) => (dry || packs.every(({ present }) => present) ? 0 : 1),
})

function pinOf({ commit, registry, ref }: PulledPack): string {
  return registry?.version ?? commit?.slice(0, 12) ?? ref ?? '?'
}
