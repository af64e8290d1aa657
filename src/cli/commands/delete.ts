import { say, type Language } from '../../core/messages.ts'
import { formatBytes } from '../../core/units.ts'
import type { DeletePlan } from '../../versions/delete.ts'
import { defineCommand } from '../command.ts'
import { confirm } from '../confirm.ts'
import { versionArgument } from '../selector.ts'

export const deleteCommand = defineCommand({
  name: 'delete',
  synonyms: ['rm'],
  summary: {
    en: 'Delete the home of a version; shared caches and models stay. Exit code 1: nothing was there.',
    ru: 'Удалить дом версии; общие кэши и модели остаются. Код выхода 1: удалять было нечего.',
  },
  positionals: [versionArgument],
  flags: {
    yes: {
      type: 'boolean',
      short: 'y',
      doc: { en: 'Do not ask.', ru: 'Не спрашивать.' },
    },
    'dry-run': {
      type: 'boolean',
      doc: { en: 'Show what would go; delete nothing.', ru: 'Показать, что будет удалено.' },
    },
    'remove-spec': {
      type: 'boolean',
      doc: {
        en: 'Also delete the spec, its lock, its Python lock and the state of packs beside it.',
        ru: 'Удалить и спецификацию, оба её файла закрепления и состояние паков рядом с ней.',
      },
    },
    'with-user-files': {
      type: 'boolean',
      doc: {
        en: 'Also delete files that comfypin did not make: input, output, user, state of packs and others.',
        ru: 'Удалить и файлы, созданные не comfypin: input, output, user, состояние паков и прочие.',
      },
    },
  },
  async run(ctx, input, ask) {
    const { flags, args } = input
    const { language } = ctx.settings
    const { deleteVersion } = await import('../../versions/delete.ts')
    return deleteVersion(ctx, args[0] ?? '', {
      dryRun: flags['dry-run'] === true,
      removeSpec: flags['remove-spec'] === true,
      withUserFiles: flags['with-user-files'] === true,
      confirm: async (plan) => {
        if (flags.yes === true) return true
        const what = plan.items.map(({ path }) => path).join(', ')
        const shown = [say(language, 'deleteAsk', {}), ...renderItems(plan, language)].join('\n')
        return confirm(ctx, ask, what, shown)
      },
    })
  },
  render(result, language) {
    const { version_id: id, items, dry_run: dry, removed, user_files: own } = result
    if (items.length === 0) return say(language, 'deleteNothing', { id })
    if (!dry && !removed) return say(language, 'deleteDeclined', {})
    return [
      say(language, dry ? 'deleteDry' : 'deleteDone', {}),
      ...renderItems(result, language),
      ...(dry && own.count > 0 ? [say(language, 'deleteNeedsFlag', {})] : []),
    ].join('\n')
  },
  exitCode: ({ items, dry_run: dry, removed }) => (removed || (dry && items.length > 0) ? 0 : 1),
})

function renderItems({ items, user_files: own }: DeletePlan, language: Language): string[] {
  return [
    ...items.map(({ path, size, files, frees }) =>
      say(language, 'deleteItem', {
        path,
        files,
        size: formatBytes(size),
        frees: formatBytes(frees),
      }),
    ),
    ...(own.count === 0
      ? []
      : [
          say(language, 'deleteUserFiles', {
            count: own.count,
            size: formatBytes(own.size),
            examples: own.examples.slice(0, 5).join(', '),
          }),
        ]),
  ]
}
