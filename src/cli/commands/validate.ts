import { ComfypinError } from '../../core/errors.ts'
import { say, type Language } from '../../core/messages.ts'
import { validationTable, type ValidationCode } from '../../core/validation-table.ts'
import { problemText } from '../../core/problem-text.ts'
import { subjectName } from '../../core/subject-name.ts'
import { defineCommand } from '../command.ts'
import { selectorOf, versionArgument, versionFlags } from '../selector.ts'

export const validateCommand = defineCommand({
  name: 'validate',
  synonyms: ['check'],
  summary: {
    en: 'Check spec, lock, checkouts, models and home; change nothing.',
    ru: 'Проверить спецификацию, закрепление, исходники, модели и дом, ничего не меняя.',
  },
  positionals: [{ ...versionArgument, required: false }],
  flags: {
    ...versionFlags,
    checksums: {
      type: 'boolean',
      doc: {
        en: 'Hash every model that has a checksum.',
        ru: 'Сверить контрольные суммы моделей.',
      },
    },
    'models-file': {
      type: 'string',
      value: 'FILE',
      multiple: true,
      doc: {
        en: 'Check a file of models instead of a version. Repeatable.',
        ru: 'Проверить не версию, а файл моделей. Можно повторять.',
      },
    },
    'nodes-file': {
      type: 'string',
      value: 'FILE',
      multiple: true,
      doc: {
        en: 'Check a file of packs instead of a version. Repeatable.',
        ru: 'Проверить не версию, а файл паков. Можно повторять.',
      },
    },
  },
  async run(ctx, input) {
    const { 'models-file': models = [], 'nodes-file': nodes = [] } = input.flags
    if (models.length + nodes.length > 0) {
      const { validateSideFiles } = await import('../../versions/side-file.ts')
      return validateSideFiles(ctx, { models, custom_nodes: nodes })
    }
    if (input.args.length === 0 && !input.flags.spec && !input.flags['version-id'])
      throw new ComfypinError('USAGE', {
        reason: say(ctx.settings.language, 'missingArgument', { name: 'id' }),
      })

    const { validateVersion } = await import('../../realize/validate.ts')
    return validateVersion(ctx, selectorOf(input), { checksums: input.flags.checksums === true })
  },
  render(result, language) {
    const { problems } = result
    const id = 'files' in result ? result.files.join(', ') : result.version_id
    if (problems.length === 0) return say(language, 'validateOk', { id })
    return [
      say(language, 'validateBad', { id, count: problems.length }),
      ...problems.map(({ subject, ...found }) =>
        say(language, 'validateProblem', {
          subject: subjectName(subject, language),
          problem: problemText(found, language),
        }),
      ),
      ...(result.version_id === null ? [] : nextStep(id, problems, language)),
    ].join('\n')
  },
  exitCode: ({ problems }) => (problems.length === 0 ? 0 : 1),
})

/** `realize` resolves too, so it is named first. */
function nextStep(
  id: string,
  problems: readonly { code: ValidationCode | null }[],
  language: Language,
): string[] {
  const steps = problems.map(({ code }) => (code === null ? null : validationTable[code].next))
  if (steps.includes('realize')) return [say(language, 'nextRealize', { id })]
  return steps.includes('resolve') ? [say(language, 'nextResolve', { id })] : []
}
