import { defineCommand } from '../command.ts'
import { writeFlags } from '../part-flags.ts'
import { renderEdits } from '../render-edits.ts'
import { versionArgument } from '../selector.ts'

export const removeCommand = defineCommand({
  name: 'remove',
  summary: {
    en: 'Take packs, models, packages or variables out of a spec.',
    ru: 'Убрать из спецификации паки, модели, пакеты или переменные.',
  },
  positionals: [
    versionArgument,
    {
      name: 'name',
      required: true,
      many: true,
      doc: {
        en: 'Name of a pack, a model (file or source), a package or a variable; pack:, model:, package: or env: before it says which.',
        ru: 'Имя пака, модели (файл или источник), пакета или переменной; при неясности с pack:, model:, package: или env: впереди.',
      },
    },
  ],
  flags: writeFlags,
  async run(ctx, input) {
    const [id = '', ...names] = input.args
    const { removeFromVersion } = await import('../../versions/remove.ts')
    return removeFromVersion(ctx, id, names, {
      resolve: input.flags['no-resolve'] !== true,
      dryRun: input.flags['dry-run'] === true,
    })
  },
  render(result, language) {
    return renderEdits(result, language).join('\n')
  },
})
