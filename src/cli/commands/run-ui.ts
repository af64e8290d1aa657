import { ComfypinError } from '../../core/errors.ts'
import { say, type Language } from '../../core/messages.ts'
import { defineCommand } from '../command.ts'
import { modelFlags } from '../shared-flags.ts'
import { selectorOf, versionArgument, versionFlags } from '../selector.ts'

export const runUiCommand = defineCommand({
  name: 'run-ui',
  summary: {
    en: 'Run ComfyUI with its web interface, in the foreground.',
    ru: 'Запустить ComfyUI с веб-интерфейсом.',
  },
  positionals: [versionArgument],
  flags: {
    ...versionFlags,
    ...modelFlags,
    host: {
      type: 'string',
      value: 'HOST',
      doc: {
        en: 'Address to listen on. Default 127.0.0.1.',
        ru: 'Адрес для приёма. По умолчанию 127.0.0.1.',
      },
    },
    port: { type: 'string', value: 'PORT', doc: { en: 'Default 8188.', ru: 'По умолчанию 8188.' } },
  },
  passThrough: true,
  showsLog: true,
  async run(ctx, input) {
    const { runUi } = await import('../../run/run-ui.ts')
    const { host = '127.0.0.1', port = '8188' } = input.flags
    return runUi(ctx, selectorOf(input), {
      host,
      port: readPort(port, ctx.settings.language),
      extraArgs: input.passThrough,
    })
  },
  render: (_result, language) => say(language, 'instanceStopped', {}),
})

function readPort(text: string, language: Language): number {
  const port = Number(text)
  if (Number.isInteger(port) && port > 0 && port < 65536) return port
  throw new ComfypinError('USAGE', {
    reason: say(language, 'flagNotPort', { name: 'port', value: text }),
  })
}
