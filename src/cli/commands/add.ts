import { ComfypinError } from '../../core/errors.ts'
import { say } from '../../core/messages.ts'
import type { PartFlags } from '../../versions/create-parts.ts'
import { defineCommand } from '../command.ts'
import { partFlags, partFlagsOf, writeFlags } from '../part-flags.ts'
import { renderEdits } from '../render-edits.ts'
import { renderNotes } from '../render-notes.ts'
import { versionArgument } from '../selector.ts'

export const addCommand = defineCommand({
  name: 'add',
  summary: {
    en: 'Add packs, models, packages or variables to a spec, or move their pins.',
    ru: 'Добавить в спецификацию паки, модели, пакеты, переменные или сменить их версии.',
  },
  positionals: [versionArgument],
  flags: {
    ...partFlags,
    'from-install-scripts': {
      type: 'boolean',
      doc: {
        en: "The models that the packs' install.py would download.",
        ru: 'Модели, которые скачали бы install.py паков.',
      },
    },
    ...writeFlags,
  },
  async run(ctx, input) {
    const parts = partFlagsOf(input.flags)
    const fromInstallScripts = input.flags['from-install-scripts'] === true
    if (isEmpty(parts) && !fromInstallScripts)
      throw new ComfypinError('USAGE', { reason: say(ctx.settings.language, 'nothingToAdd', {}) })
    const { addToVersion } = await import('../../versions/add.ts')
    return addToVersion(ctx, input.args[0] ?? '', {
      parts,
      fromInstallScripts,
      cwd: process.cwd(),
      resolve: input.flags['no-resolve'] !== true,
      dryRun: input.flags['dry-run'] === true,
    })
  },
  render(result, language) {
    const edits =
      result.edits.length === 0
        ? [say(language, 'nothingNew', { id: result.version_id })]
        : renderEdits(result, language)
    return [...edits, ...renderNotes(result.notes, language)].join('\n')
  },
})

function isEmpty({
  nodes,
  nodeFiles,
  models,
  modelFiles,
  pythonPackages,
  env,
}: PartFlags): boolean {
  const lists = [nodes, nodeFiles, models, modelFiles, pythonPackages, env]
  return lists.every((list) => list.length === 0)
}
