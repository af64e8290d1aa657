import { say } from '../../core/messages.ts'
import { formatBytes } from '../../core/units.ts'
import { defineCommand } from '../command.ts'
import { alignColumns, pathText, problemLines, sizeText } from '../model-rows.ts'
import { selectorOf, versionArgument, versionFlags } from '../selector.ts'

export const modelsSizeCommand = defineCommand({
  name: 'models size',
  summary: {
    en: 'Tell how big the models of a version are and what is missing; fetch nothing.',
    ru: 'Показать размер моделей версии и недостающее, ничего не скачивая.',
  },
  positionals: [versionArgument],
  flags: versionFlags,
  async run(ctx, input) {
    const { sizeModels } = await import('../../versions/models-size.ts')
    return sizeModels(ctx, selectorOf(input))
  },
  render({ models, total, missing, unknown }, language) {
    if (models.length === 0) return say(language, 'modelsNone', {})
    const rows = models.map(({ source, path, size, present }) => [
      sizeText(size, language),
      say(language, present ? 'actionPresent' : 'modelAbsent', {}),
      pathText(path, language),
      source,
    ])
    const sums = { total: formatBytes(total), missing: formatBytes(missing) }
    return [
      ...alignColumns(rows),
      ...problemLines(models, language),
      say(language, 'modelsSized', sums),
      ...(unknown === 0 ? [] : [say(language, 'modelsUnsized', { count: unknown })]),
    ].join('\n')
  },
})
