import { cachePaths, homeOf, modelsDirOf, requireVersionId } from '../../platform/paths.ts'
import { defineCommand } from '../command.ts'

export const pathsCommand = defineCommand({
  name: 'paths',
  summary: { en: 'Show every folder in force.', ru: 'Показать действующие папки.' },
  positionals: [
    {
      name: 'id',
      required: false,
      doc: { en: 'A version, for its home.', ru: 'Версия, чтобы показать её дом.' },
    },
  ],
  flags: {},
  async run(ctx, input) {
    const { settings } = ctx
    const cache = cachePaths(settings.cacheRoot)
    const home = homeOf(
      settings,
      input.args[0] === undefined ? '<id>' : requireVersionId(input.args[0]),
    )
    return {
      versions_dir: settings.versionsDir,
      cache_root: settings.cacheRoot,
      locks: cache.resolved,
      git: cache.git,
      checkouts: cache.checkouts,
      uv: cache.uv,
      models_dir: modelsDirOf(settings, home),
      home,
    }
  },
  render(paths) {
    return Object.entries(paths)
      .map(([name, path]) => `${name.padEnd(12)}  ${path}`)
      .join('\n')
  },
})
