import { say } from '../../core/messages.ts'
import { formatBytes } from '../../core/units.ts'
import { defineCommand } from '../command.ts'
import { alignColumns, pathText } from '../model-rows.ts'
import { selectorOf, versionArgument, versionFlags } from '../selector.ts'

export const modelsListCommand = defineCommand({
  name: 'models list',
  synonyms: ['models ls'],
  summary: {
    en: 'List the models of a version, or of the model stores.',
    ru: 'Показать модели версии или всех хранилищ моделей.',
  },
  positionals: [{ ...versionArgument, required: false }],
  flags: versionFlags,
  async run(ctx, input) {
    const { listModels } = await import('../../versions/models-list.ts')
    const { spec, 'version-id': id } = input.flags
    const isOfVersion = input.args.length > 0 || spec !== undefined || id !== undefined
    return listModels(ctx, isOfVersion ? selectorOf(input) : null)
  },
  render({ models, models_dirs: dirs }, language) {
    if (models.length === 0) return say(language, 'modelsNone', {})
    const rows = models.map(({ source, path, category, size, versions }) => [
      size === null ? say(language, 'modelAbsent', {}) : formatBytes(size),
      category ?? '',
      pathText(path, language),
      source ?? say(language, 'modelForeignSource', {}),
      versions.join(', '),
    ])
    const total = models.reduce((sum, { size }) => sum + (size ?? 0), 0)
    const summary = { count: models.length, size: formatBytes(total), dirs: dirs.join(', ') }
    return [...alignColumns(rows), say(language, 'modelsListed', summary)].join('\n')
  },
})
