import { resolve } from 'node:path'
import { say } from '../../core/messages.ts'
import { formatMs } from '../../core/units.ts'
import { expandHome } from '../../platform/settings.ts'
import { defineCommand } from '../command.ts'
import { modelFlags } from '../shared-flags.ts'
import { selectorOf, versionArgument, versionFlags } from '../selector.ts'

export const testCommand = defineCommand({
  name: 'test',
  summary: {
    en: 'Start a version and run a smoke workflow.',
    ru: 'Запустить версию и выполнить проверочный workflow.',
  },
  positionals: [versionArgument],
  flags: {
    ...versionFlags,
    ...modelFlags,
    workflow: {
      type: 'string',
      value: 'FILE',
      doc: {
        en: 'A workflow in API format instead of a built-in one.',
        ru: 'Свой workflow в формате API.',
      },
    },
  },
  async run(ctx, input) {
    const { readWorkflow } = await import('../../run/run-handler.ts')
    const { smokeTest } = await import('../../run/smoke.ts')
    const given = input.flags.workflow
    return smokeTest(
      ctx,
      selectorOf(input),
      given === undefined ? null : readWorkflow(resolve(expandHome(given))),
    )
  },
  render: ({ version_id: id, workflow, ms }, language) =>
    say(language, 'smokePassed', { id, workflow, time: formatMs(ms) }),
})
