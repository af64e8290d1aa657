import { say } from '../../core/messages.ts'
import { defineCommand } from '../command.ts'
import { spaceFlags } from '../shared-flags.ts'
import { alignColumns, pathText, problemLines } from '../model-rows.ts'
import { selectorOf, versionArgument, versionFlags } from '../selector.ts'

const STATES = {
  ok: 'modelOk',
  missing: 'modelAbsent',
  size: 'modelSizeDiffers',
  checksum: 'modelChecksumDiffers',
  foreign: 'modelForeign',
  repaired: 'modelRepaired',
} as const

export const modelsVerifyCommand = defineCommand({
  name: 'models verify',
  summary: {
    en: 'Check the models of a version by size and checksum.',
    ru: 'Проверить размеры и контрольные суммы моделей версии.',
  },
  positionals: [versionArgument],
  flags: {
    ...versionFlags,
    repair: {
      type: 'boolean',
      doc: {
        en: 'Fetch what is missing or damaged; a damaged file is replaced when the new one is whole.',
        ru: 'Скачать недостающее и повреждённое; повреждённый файл заменяется, когда новый готов.',
      },
    },
    ...spaceFlags,
  },
  async run(ctx, input) {
    const { verifyModels } = await import('../../versions/models-verify.ts')
    return verifyModels(ctx, selectorOf(input), { repair: input.flags.repair === true })
  },
  render({ version_id: id, models }, language) {
    const rows = models.map(({ state: of, checked: by, path }) => {
      const state = say(language, STATES[of], {})
      const how = by === 'size' ? say(language, 'modelBySize', {}) : by
      return [
        how === null ? state : say(language, 'modelCheckedBy', { state, by: how }),
        pathText(path, language),
      ]
    })
    const bad = models.filter(({ state }) => !isRight(state)).length
    return [
      ...alignColumns(rows),
      ...problemLines(models, language),
      bad === 0
        ? say(language, 'modelsVerified', { id, count: models.length })
        : say(language, 'modelsDamaged', { id, count: bad }),
    ].join('\n')
  },
  exitCode: ({ models }) => (models.every(({ state }) => isRight(state)) ? 0 : 1),
})

function isRight(state: keyof typeof STATES): boolean {
  return state === 'ok' || state === 'repaired'
}
