import { realizeVersion } from '../../realize/entry.ts'
import { say } from '../../core/messages.ts'
import { formatMs } from '../../core/units.ts'
import { defineCommand } from '../command.ts'
import { renderPlan } from '../render-plan.ts'
import { selectorOf, versionArgument, versionFlags } from '../selector.ts'
import { modelFlags, refreshFlags, spaceFlags, wheelFlags } from '../shared-flags.ts'

export const realizeCommand = defineCommand({
  name: 'realize',
  synonyms: ['install'],
  summary: {
    en: 'Make the home of a version match its spec.',
    ru: 'Привести дом версии в соответствие со спецификацией.',
  },
  positionals: [versionArgument],
  flags: {
    ...versionFlags,
    'dry-run': {
      type: 'boolean',
      doc: { en: 'Show the plan; write nothing.', ru: 'Показать план, ничего не записывая.' },
    },
    ...refreshFlags,
    upgrade: {
      type: 'boolean',
      doc: {
        en: 'Take the newest Python packages that the requirements allow.',
        ru: 'Взять самые новые пакеты Python, которые допускают требования.',
      },
    },
    check: {
      type: 'boolean',
      doc: {
        en: 'Check the import of every pack again.',
        ru: 'Проверить импорт всех паков заново.',
      },
    },
    'no-check': {
      type: 'boolean',
      doc: {
        en: 'Leave the import check of new packs out.',
        ru: 'Не проверять импорт новых паков.',
      },
    },
    ...modelFlags,
    ...spaceFlags,
    ...wheelFlags,
  },
  async run(ctx, input) {
    const result = await realizeVersion(ctx, selectorOf(input), {
      refresh: input.flags.refresh === true,
      upgrade: input.flags.upgrade === true,
      check: input.flags['no-check'] === true ? 'none' : input.flags.check === true ? 'all' : 'new',
      dryRun: input.flags['dry-run'] === true,
    })
    return { ...result, dry_run: input.flags['dry-run'] === true }
  },
  render(result, language) {
    if (result.dry_run) return renderPlan(result, language)
    const { version_id: id, home } = result
    if (!result.changed) return say(language, 'realizedNoop', { id, home })
    const packs = result.packs.map(({ name, ok, nodes, reason }) =>
      ok
        ? say(language, 'packOk', { name, nodes })
        : say(language, 'packBad', { name, reason: reason ?? '' }),
    )
    return [
      ...packs,
      say(language, 'realized', { id, home, time: formatMs(result.ms) }),
      say(language, 'nextRunUi', { id }),
    ].join('\n')
  },
})
