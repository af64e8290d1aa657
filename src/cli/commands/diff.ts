import { ComfypinError } from '../../core/errors.ts'
import { say, type Language } from '../../core/messages.ts'
import { subjectName } from '../../core/subject-name.ts'
import type { StaleLevel } from '../../versions/diff.ts'
import { defineCommand } from '../command.ts'
import { renderChange } from '../render-change.ts'

export const diffCommand = defineCommand({
  name: 'diff',
  synonyms: ['compare'],
  summary: {
    en: 'Show what differs between two versions. Exit code 1: something does.',
    ru: 'Показать, чем отличаются две версии. Код выхода 1: отличия есть.',
  },
  positionals: [
    {
      name: 'id',
      required: true,
      doc: {
        en: 'A version, or the path of a spec, a lock, a home or another ComfyUI install.',
        ru: 'Версия или путь к спецификации, файлу закрепления, дому или другой установке ComfyUI.',
      },
    },
    { name: 'other', required: true, doc: { en: 'The other one.', ru: 'Вторая.' } },
  ],
  flags: {
    spec: {
      type: 'boolean',
      doc: { en: 'Compare what the specs ask for.', ru: 'Сравнить, что просят спецификации.' },
    },
    lock: {
      type: 'boolean',
      doc: { en: 'Compare what the locks pin.', ru: 'Сравнить, что закреплено.' },
    },
    home: {
      type: 'boolean',
      doc: {
        en: 'Compare what the homes hold. Without a flag: the deepest that both have up to date.',
        ru: 'Сравнить содержимое домов. Без флага — самый глубокий неустаревший уровень обеих.',
      },
    },
  },
  async run(ctx, input) {
    const levels = (['spec', 'lock', 'home'] as const).filter(
      (level) => input.flags[level] === true,
    )
    if (levels.length > 1) {
      const flags = levels.map((level) => `--${level}`).join(', ')
      const reason = say(ctx.settings.language, 'flagsTogether', { flags })
      throw new ComfypinError('USAGE', { reason })
    }
    const [a = '', b = ''] = input.args
    const { diffVersions } = await import('../../versions/diff.ts')
    return diffVersions(ctx, [a, b], levels[0] ?? null, process.cwd())
  },
  render({ a: { name: a }, b: { name: b }, level, equal, stale, changes }, language) {
    const notes = renderStale(stale, language)
    const sides = { a, b, level: subjectName(level, language) }
    if (equal) return [say(language, 'diffEqual', sides), ...notes].join('\n')
    const lines = changes.map((change) => renderChange(change, language))
    const title = say(language, 'diffTitle', { ...sides, count: changes.length })
    return [title, ...lines, ...notes].join('\n')
  },
  exitCode: ({ equal }) => (equal ? 0 : 1),
})

const SHOWN_SUBJECTS = 5

function renderStale(stale: readonly StaleLevel[], language: Language): string[] {
  return stale.map(({ name, level, subjects: all }) => {
    const shown = all.slice(0, SHOWN_SUBJECTS).map((subject) => subjectName(subject, language))
    const subjects = [...shown, ...(all.length > shown.length ? ['…'] : [])].join(', ')
    return say(language, level === 'lock' ? 'diffStaleLock' : 'diffStaleHome', { name, subjects })
  })
}
