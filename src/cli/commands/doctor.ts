import { say } from '../../core/messages.ts'
import { defineCommand } from '../command.ts'
import { selectorOf, versionArgument, versionFlags } from '../selector.ts'

const STATUSES = {
  ok: 'findingOk',
  info: 'findingInfo',
  warn: 'findingWarn',
  fail: 'findingFail',
} as const

export const doctorCommand = defineCommand({
  name: 'doctor',
  summary: {
    en: 'Check this machine: tools, folders, tokens, services; with <id> also that version.',
    ru: 'Проверить машину: инструменты, папки, токены, службы; с <id> — и эту версию.',
  },
  positionals: [{ ...versionArgument, required: false }],
  flags: {
    ...versionFlags,
    online: {
      type: 'boolean',
      doc: {
        en: 'Also ask the network: git, Hugging Face, the package index, every token.',
        ru: 'Опросить и сеть: git, Hugging Face, индекс пакетов, каждый токен.',
      },
    },
  },
  async run(ctx, input) {
    const { examine } = await import('../../doctor/doctor.ts')
    const { spec, 'version-id': id } = input.flags
    const isNamed = input.args.length > 0 || spec !== undefined || id !== undefined
    return examine(ctx, {
      version: isNamed ? selectorOf(input) : null,
      online: input.flags.online === true,
    })
  },
  render({ findings, counts: { ok, warn, fail } }, language) {
    const width = Math.max(0, ...findings.map(({ check }) => check.length))
    const lines = findings.flatMap(({ check, status, message, remedy }) => [
      `${say(language, STATUSES[status], {})}  ${check.padEnd(width)}  ${message}`,
      ...(remedy === null ? [] : [say(language, 'hintPrefix', { hint: remedy })]),
    ])
    return [...lines, say(language, 'doctorSummary', { ok, warn, fail })].join('\n')
  },
  exitCode: ({ counts }) => (counts.fail === 0 ? 0 : 1),
})
