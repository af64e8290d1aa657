import { say } from '../../core/messages.ts'
import { defineCommand } from '../command.ts'
import { versionArgument } from '../selector.ts'

export const nodesRunInstallCommand = defineCommand({
  name: 'nodes run-install',
  synonyms: ['packs run-install'],
  summary: {
    en: "Run a pack's install.py in the version's own copy of the pack.",
    ru: 'Запустить install.py пака в отдельной копии этой версии.',
  },
  positionals: [
    versionArgument,
    {
      name: 'pack',
      required: true,
      doc: { en: 'Its folder in custom_nodes.', ru: 'Его папка в custom_nodes.' },
    },
  ],
  flags: {},
  showsLog: true,
  async run(ctx, input) {
    const { runInstall } = await import('../../versions/run-install.ts')
    const [id = '', pack = ''] = input.args
    return runInstall(ctx, { id, path: null }, pack)
  },
  render({ pack, path, added, changed }, language) {
    return [
      say(language, 'installScriptRan', { pack, path }),
      ...added.map((file) => `  + ${file}`),
      ...changed.map((file) => `  ~ ${file}`),
    ].join('\n')
  },
})
