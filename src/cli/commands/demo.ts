import { resolve } from 'node:path'
import { say } from '../../core/messages.ts'
import { formatBytes, formatMs } from '../../core/units.ts'
import { expandHome } from '../../platform/settings.ts'
import { kindName } from '../../report/step-names.ts'
import { defineCommand } from '../command.ts'

export const demoCommand = defineCommand({
  name: 'demo',
  summary: {
    en: 'Try everything on the embedded stand-in core.',
    ru: 'Попробовать всё на встроенном учебном ядре.',
  },
  positionals: [],
  flags: {
    dir: {
      type: 'string',
      value: 'DIR',
      doc: {
        en: 'Folder for all of it. Default ./comfypin-demo.',
        ru: 'Папка для всего. По умолчанию ./comfypin-demo.',
      },
    },
    fresh: {
      type: 'boolean',
      doc: { en: 'Remove the folder first.', ru: 'Сначала удалить папку.' },
    },
  },
  async run(ctx, input) {
    const { runDemo } = await import('../../run/demo.ts')
    return runDemo(
      ctx,
      resolve(expandHome(input.flags.dir ?? 'comfypin-demo')),
      input.flags.fresh === true,
    )
  },
  render({ runs }, language) {
    const lines = runs.flatMap(({ phases, artifact: { path, size, sha256: hash } }, index) => [
      say(language, index === 0 ? 'demoFirst' : 'demoAgain', {
        phases: Object.entries(phases)
          .map(([kind, ms]) => `${kindName(kind, language)} ${formatMs(ms)}`)
          .join(', '),
      }),
      say(language, 'demoArtifact', { path, size: formatBytes(size), hash }),
    ])
    return [say(language, 'demoCore', {}), ...lines].join('\n')
  },
})
