import { say } from '../../core/messages.ts'
import { defineCommand } from '../command.ts'
import { selectorOf, versionArgument, versionFlags } from '../selector.ts'

export const validateCommand = defineCommand({
  name: 'validate',
  synonyms: ['check'],
  summary: {
    en: 'Check spec, lock, checkouts, models and home; change nothing.',
    ru: 'Проверить спецификацию, закрепление, исходники, модели и дом, ничего не меняя.',
  },
  positionals: [versionArgument],
  flags: {
    ...versionFlags,
    checksums: {
      type: 'boolean',
      doc: {
        en: 'Hash every model that has a checksum.',
        ru: 'Сверить контрольные суммы моделей.',
      },
    },
  },
  async run(ctx, input) {
    const { validateVersion } = await import('../../realize/validate.ts')
    return validateVersion(ctx, selectorOf(input), { checksums: input.flags.checksums === true })
  },
  render({ version_id: id, problems }, language) {
    if (problems.length === 0) return say(language, 'validateOk', { id })
    return [
      say(language, 'validateBad', { id, count: problems.length }),
      ...problems.map(({ subject, problem }) =>
        say(language, 'validateProblem', { subject, problem }),
      ),
    ].join('\n')
  },
  exitCode: ({ problems }) => (problems.length === 0 ? 0 : 1),
})
