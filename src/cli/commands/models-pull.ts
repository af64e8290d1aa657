import { say } from '../../core/messages.ts'
import { actionName } from '../../report/step-names.ts'
import { defineCommand } from '../command.ts'
import { spaceFlags } from '../global-flags.ts'
import { alignColumns, problemLines, sizeText } from '../model-rows.ts'
import { selectorOf, versionArgument, versionFlags } from '../selector.ts'

export const modelsPullCommand = defineCommand({
  name: 'models pull',
  synonyms: ['models download'],
  summary: {
    en: 'Download the models of a version, and nothing else of it.',
    ru: 'Скачать модели версии и больше ничего.',
  },
  positionals: [versionArgument],
  flags: { ...versionFlags, ...spaceFlags },
  async run(ctx, input) {
    const { pullModels } = await import('../../versions/models-pull.ts')
    return pullModels(ctx, selectorOf(input))
  },
  render({ version_id: id, models_dir: dir, models }, language) {
    const rows = models.map(({ action, size, path }) => [
      actionName(action, language),
      sizeText(size, language),
      path,
    ])
    const absent = models.filter(({ present }) => !present).length
    return [
      ...alignColumns(rows),
      ...problemLines(models, language),
      absent === 0
        ? say(language, 'modelsPulled', { id, count: models.length, dir })
        : say(language, 'modelsFailed', { id, count: absent }),
    ].join('\n')
  },
  exitCode: ({ models }) => (models.every(({ present }) => present) ? 0 : 1),
})
