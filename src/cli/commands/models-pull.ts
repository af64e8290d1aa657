import { ComfypinError } from '../../core/errors.ts'
import { say, type Language } from '../../core/messages.ts'
import { formatBytes } from '../../core/units.ts'
import { actionName } from '../../report/step-names.ts'
import type { ModelsPull, PullRequest } from '../../versions/models-pull.ts'
import { defineCommand } from '../command.ts'
import { alignColumns, pathText, problemLines, sizeText } from '../model-rows.ts'
import { isFileArgument, isVersionArgument } from '../pull-arguments.ts'
import { renderNotes } from '../render-notes.ts'
import { selectorOf, versionFlags } from '../selector.ts'
import { spaceFlags } from '../shared-flags.ts'

export const modelsPullCommand = defineCommand({
  name: 'models pull',
  synonyms: ['models download'],
  summary: {
    en: 'Download models into the store: of a version, of a file, or by their sources.',
    ru: 'Скачать модели в хранилище: модели версии, из файла или по источникам.',
  },
  positionals: [
    {
      name: 'id',
      required: true,
      many: true,
      doc: {
        en: 'A version id, a file of models (.yml, .yaml, .json), or a model as in create --model.',
        ru: 'Id версии, файл моделей (.yml, .yaml, .json) или модель, как в create --model.',
      },
    },
  ],
  flags: {
    ...versionFlags,
    subdir: {
      type: 'string',
      value: 'FOLDER',
      doc: {
        en: 'Folder of models that are given here and name none, such as loras.',
        ru: 'Папка для указанных здесь моделей без своей папки, например loras.',
      },
    },
    'dry-run': {
      type: 'boolean',
      doc: {
        en: 'Show what would come; write nothing.',
        ru: 'Показать план, ничего не записывая.',
      },
    },
    ...spaceFlags,
  },
  async run(ctx, input) {
    const { subdir, 'dry-run': dryRun = false, ...flags } = input.flags
    const request = readRequest({ args: input.args, flags }, subdir, ctx.settings.language)
    const { pullModels } = await import('../../versions/models-pull.ts')
    return pullModels(ctx, request, { dryRun })
  },
  render(result, language) {
    const { models, notes, dry_run: dry } = result
    const rows = models.map(({ action, size, path }) => [
      actionName(action, language),
      sizeText(size, language),
      pathText(path, language),
    ])
    return [
      ...alignColumns(rows),
      ...problemLines(models, language),
      ...renderNotes(notes, language),
      ...(dry ? dryLines(result, language) : [summary(result, language)]),
    ].join('\n')
  },
  exitCode: ({ models, dry_run: dry }) => (dry || models.every(({ present }) => present) ? 0 : 1),
})

type VersionInput = Parameters<typeof selectorOf>[0]

/** @throws USAGE for several versions, or for one beside other models */
function readRequest(
  { args, flags }: VersionInput,
  subdir: string | undefined,
  language: Language,
): PullRequest {
  const ids = args.filter(isVersionArgument)
  const others = args.filter((text) => !isVersionArgument(text))
  const id = ids[0] ?? flags['version-id'] ?? flags.spec
  const refuse = (reason: string) => new ComfypinError('USAGE', { reason })
  if (others.length > 0 && id !== undefined)
    throw refuse(say(language, 'pullTogether', { id, other: others.join(', ') }))
  if (ids.length > 1) throw refuse(say(language, 'pullOneVersion', { ids: ids.join(', ') }))
  if (others.length === 0) return { version: selectorOf({ args: ids, flags }) }
  const files = others.filter(isFileArgument)
  const models = others.filter((text) => !isFileArgument(text))
  return { loose: { files, models, subdir: subdir ?? null, cwd: process.cwd() } }
}

function dryLines({ models }: ModelsPull, language: Language): string[] {
  const missing = models.reduce((sum, model) => sum + (model.missing ?? 0), 0)
  return [
    say(language, 'pullTotals', { size: formatBytes(missing) }),
    say(language, 'planDryRun', {}),
  ]
}

function summary(
  { version_id: id, models_dir: dir, models }: ModelsPull,
  language: Language,
): string {
  const absent = models.filter(({ present }) => !present).length
  if (id === null)
    return absent === 0
      ? say(language, 'loosePulled', { count: models.length, dir })
      : say(language, 'looseFailed', { count: absent })
  return absent === 0
    ? say(language, 'modelsPulled', { id, count: models.length, dir })
    : say(language, 'modelsFailed', { id, count: absent })
}
