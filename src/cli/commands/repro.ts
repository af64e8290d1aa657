import { resolve } from 'node:path'
import type { Ctx } from '../../core/context.ts'
import { ComfypinError } from '../../core/errors.ts'
import { say, type Language } from '../../core/messages.ts'
import { expandHome } from '../../platform/settings.ts'
import { defineCommand, type Flags, type Input } from '../command.ts'
import { selectorOf, versionArgument, versionFlags } from '../selector.ts'

const flags = {
  ...versionFlags,
  against: {
    type: 'string',
    value: 'PATH',
    doc: {
      en: 'Compare with this lock or home instead of a second realization.',
      ru: 'Сравнить с этим файлом закрепления или домом, а не со вторым развёртыванием.',
    },
  },
  'fresh-cache': {
    type: 'boolean',
    doc: {
      en: 'Fetch everything anew, models included; only the pins are taken over.',
      ru: 'Получить всё заново, включая модели; перенимаются только закреплённые версии.',
    },
  },
  workflow: {
    type: 'string',
    value: 'FILE',
    doc: {
      en: 'Run this workflow instead and compare its outputs with --baseline.',
      ru: 'Вместо этого выполнить workflow и сравнить результаты с --baseline.',
    },
  },
  baseline: {
    type: 'string',
    value: 'FILE',
    doc: { en: 'The recorded outputs.', ru: 'Файл с эталонными результатами.' },
  },
  record: {
    type: 'boolean',
    doc: { en: 'Write the baseline from this run.', ru: 'Записать эталон по этому запуску.' },
  },
  tolerance: {
    type: 'string',
    value: 'N',
    doc: {
      en: 'Largest difference of a colour channel that is still the same, 0 to 255. Default 0.',
      ru: 'Наибольшее допустимое отличие цветового канала, от 0 до 255. По умолчанию 0.',
    },
  },
  share: {
    type: 'string',
    value: 'PERCENT',
    doc: {
      en: 'Or the share of pixels that may look different.',
      ru: 'Или доля пикселей, которые могут заметно отличаться.',
    },
  },
  bytes: {
    type: 'boolean',
    doc: {
      en: 'With --record: compare pictures with their metadata, byte by byte.',
      ru: 'Вместе с --record: сравнивать изображения побайтно, вместе с метаданными.',
    },
  },
  ignore: {
    type: 'string',
    value: 'EXT',
    multiple: true,
    doc: {
      en: 'Leave outputs with this extension out; may be repeated.',
      ru: 'Не учитывать файлы с этим расширением; можно повторять.',
    },
  },
} as const satisfies Flags

export const reproCommand = defineCommand({
  name: 'repro',
  summary: {
    en: 'Check that a version comes out the same: realized twice, or run against a baseline.',
    ru: 'Проверить воспроизводимость: развернуть дважды или сверить результаты с эталоном.',
  },
  positionals: [versionArgument],
  flags,
  async run(ctx, input) {
    requirePairs(input, ctx.settings.language)
    return input.flags.workflow === undefined
      ? compareHomes(ctx, input)
      : compareOutputs(ctx, input)
  },
  render({ version_id: id, compared: count, differences, baseline, recorded }, language) {
    if (recorded) return say(language, 'baselineRecorded', { id, count, file: baseline ?? '' })
    if (differences.length === 0)
      return say(language, baseline === null ? 'reproSame' : 'reproOutputsSame', { id, count })
    return [
      say(language, 'reproDifferent', { id, count: differences.length }),
      ...differences.map(({ subject, from, to }) => {
        if (from === null) return say(language, 'pinAdded', { subject, to: to ?? '' })
        return to === null
          ? say(language, 'pinRemoved', { subject, from })
          : say(language, 'pinMoved', { subject, from, to })
      }),
    ].join('\n')
  },
  exitCode: ({ differences }) => (differences.length === 0 ? 0 : 1),
})

type ReproInput = Input<typeof flags>

async function compareHomes(ctx: Ctx, input: ReproInput) {
  const { against, 'fresh-cache': freshCache = false } = input.flags
  const { reproduce } = await import('../../versions/repro.ts')
  const options = { against: against === undefined ? null : pathOf(against), freshCache }
  const result = await reproduce(ctx, selectorOf(input), options)
  return { ...result, recorded: false, baseline: null, workflow: null }
}

async function compareOutputs(ctx: Ctx, input: ReproInput) {
  const { language } = ctx.settings
  const { share, tolerance = '0', record = false, bytes = false, ignore = [] } = input.flags
  const [workflow, baseline] = [pathOf(input.flags.workflow), pathOf(input.flags.baseline)]
  const limits = {
    channel: readNumber('tolerance', tolerance, 255, language),
    share: share === undefined ? null : readNumber('share', share, 100, language),
  }
  const { checkRegression } = await import('../../versions/repro-workflow.ts')
  const { readWorkflow } = await import('../../run/run-handler.ts')
  const result = await checkRegression(ctx, selectorOf(input), {
    workflow: readWorkflow(workflow),
    baseline,
    record,
    tolerance: limits,
    bytes,
    ignore: ignore.map((name) => name.replace(/^\./, '').toLowerCase()),
    timeoutMs: null,
  })
  return { ...result, recorded: record, baseline, workflow }
}

function pathOf(given = ''): string {
  return resolve(expandHome(given))
}

/** Flags that would silently do nothing without another one. */
function requirePairs(input: ReproInput, language: Language): void {
  const given = new Set(
    Object.entries(input.flags).flatMap(([name, value]) => (value === undefined ? [] : [name])),
  )
  const pairs = [
    ['workflow', 'baseline'],
    ...['baseline', 'record', 'tolerance', 'share', 'bytes', 'ignore'].map((name) => [
      name,
      'workflow',
    ]),
  ]
  for (const [name = '', other = ''] of pairs)
    if (given.has(name) && !given.has(other))
      throw usage(say(language, 'flagNeedsFlag', { name, other }))
}

function readNumber(name: string, value: string, to: number, language: Language): number {
  const number = Number(value)
  if (value.trim() !== '' && number >= 0 && number <= to) return number
  throw usage(say(language, 'flagNotFromTo', { name, from: 0, to, value }))
}

function usage(reason: string): ComfypinError {
  return new ComfypinError('USAGE', { reason })
}
