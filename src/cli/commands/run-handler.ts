import { resolve } from 'node:path'
import { ComfypinError } from '../../core/errors.ts'
import { say, type Language } from '../../core/messages.ts'
import { formatBytes, formatMs } from '../../core/units.ts'
import { homeOf } from '../../platform/paths.ts'
import { expandHome } from '../../platform/settings.ts'
import { defineCommand } from '../command.ts'
import { modelFlags } from '../shared-flags.ts'
import { selectorOf, versionArgument, versionFlags } from '../selector.ts'

export const runHandlerCommand = defineCommand({
  name: 'run-handler',
  synonyms: ['handler run'],
  summary: {
    en: 'Run one workflow without an interface; artifacts go into a folder.',
    ru: 'Выполнить один workflow без интерфейса; файлы попадут в папку.',
  },
  positionals: [versionArgument],
  flags: {
    ...versionFlags,
    ...modelFlags,
    workflow: {
      type: 'string',
      value: 'FILE',
      doc: { en: 'The workflow, in API format.', ru: 'Workflow в формате API.' },
    },
    output: {
      type: 'string',
      value: 'DIR',
      doc: {
        en: 'Folder for the artifacts. Default ./outputs.',
        ru: 'Папка для файлов. По умолчанию ./outputs.',
      },
    },
    timeout: {
      type: 'string',
      value: 'SECONDS',
      doc: {
        en: 'The job is interrupted after this long.',
        ru: 'Прервать задание через столько секунд.',
      },
    },
  },
  passThrough: true,
  async run(ctx, input) {
    const { language } = ctx.settings
    const { workflow, output = 'outputs', timeout } = input.flags
    if (workflow === undefined)
      throw new ComfypinError('USAGE', {
        reason: say(language, 'flagMissing', { name: 'workflow' }),
      })
    const { readWorkflow, runHandler } = await import('../../run/run-handler.ts')
    return runHandler(ctx, selectorOf(input), {
      workflow: readWorkflow(resolve(expandHome(workflow))),
      outputDir: resolve(expandHome(output)),
      timeoutMs: timeout === undefined ? null : readSeconds(timeout, language) * 1000,
      extraArgs: input.passThrough,
    })
  },
  async afterwards(ctx, { version_id: id }) {
    const { settleHome } = await import('../../realize/late-writes.ts')
    await settleHome(ctx, homeOf(ctx.settings, id))
  },
  render({ files, texts, timings }, language) {
    return [
      ...texts.map(({ node_id: node, text }) => say(language, 'textLine', { node, text })),
      ...files.map(({ path, size, sha256: hash }) =>
        say(language, 'artifactLine', { path, size: formatBytes(size), hash }),
      ),
      say(language, 'jobDone', { count: files.length, time: formatMs(timings.job) }),
    ].join('\n')
  },
})

function readSeconds(text: string, language: Language): number {
  const seconds = Number(text)
  if (Number.isFinite(seconds) && seconds > 0) return seconds
  throw new ComfypinError('USAGE', {
    reason: say(language, 'flagNotSeconds', { name: 'timeout', value: text }),
  })
}
