import { listVersions } from '../../realize/list-versions.ts'
import { say } from '../../core/messages.ts'
import { subjectName } from '../../core/subject-name.ts'
import { defineCommand } from '../command.ts'
import { stateName } from '../state-name.ts'

export const listCommand = defineCommand({
  name: 'list',
  synonyms: ['ls', 'status'],
  summary: {
    en: 'List the versions, their state and what is missing.',
    ru: 'Показать версии, их состояние и чего не хватает.',
  },
  positionals: [],
  flags: {},
  async run(ctx) {
    return { versions_dir: ctx.settings.versionsDir, versions: listVersions(ctx.settings) }
  },
  render({ versions, versions_dir: dir }, language) {
    if (versions.length === 0)
      return [say(language, 'listEmpty', { dir }), say(language, 'nextCreate', {})].join('\n')
    const rows = versions.map(({ state, ...row }) => ({
      ...row,
      state: stateName(state, language),
    }))
    const width = (key: 'id' | 'state') => Math.max(...rows.map((row) => row[key].length))
    return rows
      .flatMap(({ id, state, home, missing }) => [
        `${id.padEnd(width('id'))}  ${state.padEnd(width('state'))}  ${home}`,
        ...(missing.length === 0
          ? []
          : [
              `  ${say(language, 'listMissing', { names: missing.map((name) => subjectName(name, language)).join(', ') })}`,
            ]),
      ])
      .join('\n')
  },
})
