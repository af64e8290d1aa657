import { resolve } from 'node:path'
import { ComfypinError } from '../../core/errors.ts'
import { say } from '../../core/messages.ts'
import { expandHome } from '../../platform/settings.ts'
import { defineCommand } from '../command.ts'
import { renderNotes } from '../render-notes.ts'
import { renderState } from '../render-state.ts'
import { stateFlags } from '../shared-flags.ts'
import { selectorOf, versionArgument, versionFlags } from '../selector.ts'

export const exportCommand = defineCommand({
  name: 'export',
  summary: {
    en: "Write a version as one file, for elsewhere or in another tool's format.",
    ru: 'Записать версию одним файлом: для другого места или в формате другой программы.',
  },
  positionals: [versionArgument],
  flags: {
    ...versionFlags,
    format: {
      type: 'string',
      value: 'FORMAT',
      doc: {
        en: 'manager: a snapshot of ComfyUI-Manager (the default); bundle: a zip for create --from.',
        ru: 'manager: снимок ComfyUI-Manager (по умолчанию); bundle: zip для create --from.',
      },
    },
    output: {
      type: 'string',
      value: 'FILE',
      doc: { en: 'Write a file instead of stdout.', ru: 'Записать в файл, а не в stdout.' },
    },
    ...stateFlags,
    force: {
      type: 'boolean',
      doc: { en: 'Replace the file when it is there.', ru: 'Заменить файл, если он есть.' },
    },
  },
  async run(ctx, input) {
    const { exportFormats, exportVersion } = await import('../../versions/export.ts')
    const { format: wanted = 'manager', output, force, 'no-state': noState } = input.flags
    const format = exportFormats.find((known) => known === wanted)
    if (format === undefined) {
      const params = { name: 'format', known: exportFormats.join(', '), value: wanted }
      throw new ComfypinError('USAGE', {
        reason: say(ctx.settings.language, 'flagNotOneOf', params),
      })
    }
    return exportVersion(ctx, selectorOf(input), {
      format,
      output: output === undefined ? null : resolve(expandHome(output)),
      force: force === true,
      state: noState !== true,
    })
  },
  render({ file, document, state, notes }, language) {
    if (file === null) return JSON.stringify(document, null, 2)
    return [
      say(language, 'exportWritten', { file }),
      ...renderState(state, language),
      ...renderNotes(notes, language),
    ].join('\n')
  },
})
