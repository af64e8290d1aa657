import { resolve } from 'node:path'
import { ComfypinError } from '../../core/errors.ts'
import { say, type Language } from '../../core/messages.ts'
import type { Settings } from '../../core/settings.ts'
import { homeOf, modelsDirOf, requireVersionId } from '../../platform/paths.ts'
import { expandHome } from '../../platform/settings.ts'
import { DEFAULT_CORE } from '../../spec/default-core.ts'
import { defineCommand } from '../command.ts'
import { partFlags, partFlagsOf, writeFlags } from '../part-flags.ts'
import { renderNotes } from '../render-notes.ts'
import { renderPins } from '../render-pins.ts'
import { renderKept, renderState } from '../render-state.ts'
import { replaceFlags, stateFlags } from '../shared-flags.ts'

export const createCommand = defineCommand({
  name: 'create',
  synonyms: ['new'],
  summary: {
    en: 'Write the spec of a new version and pin it.',
    ru: 'Записать спецификацию новой версии и закрепить её.',
  },
  positionals: [
    {
      name: 'id',
      required: true,
      doc: { en: 'Id of the new version.', ru: 'Id новой версии.' },
    },
    {
      name: 'repo',
      required: false,
      doc: {
        en: 'The core, repo@ref; the same as --comfy.',
        ru: 'Ядро, repo@ref; то же, что --comfy.',
      },
    },
  ],
  flags: {
    comfy: {
      type: 'string',
      value: 'REPO@REF',
      doc: {
        en: "The core; @ref alone is a ref of ComfyUI's own repository, which is the default.",
        ru: 'Ядро; @ref без адреса — ссылка в репозитории самого ComfyUI, он же по умолчанию.',
      },
    },
    ...partFlags,
    'json-spec': {
      type: 'string',
      value: 'JSON|FILE',
      doc: {
        en: 'A spec, or a part of one, to begin with.',
        ru: 'Спецификация или её часть, с которой начать.',
      },
    },
    'from-install': {
      type: 'string',
      value: 'DIR',
      doc: {
        en: 'Begin with what an existing ComfyUI install has.',
        ru: 'Начать с содержимого уже установленного ComfyUI.',
      },
    },
    'from-workflow': {
      type: 'string',
      value: 'FILE',
      doc: { en: 'Begin with what a workflow needs.', ru: 'Начать с того, что нужно workflow.' },
    },
    'install-python': {
      type: 'string',
      value: 'PATH',
      doc: {
        en: 'Interpreter or venv of that install. Default: looked for in it.',
        ru: 'Интерпретатор или venv этой установки. По умолчанию ищется в ней.',
      },
    },
    'local-models': {
      type: 'boolean',
      doc: {
        en: 'Take models of unknown origin from where they lie.',
        ru: 'Брать модели неизвестного происхождения с их места на диске.',
      },
    },
    'node-map': {
      type: 'string',
      value: 'FILE',
      doc: {
        en: "Where node types belong: ComfyUI-Manager's extension-node-map.json.",
        ru: 'Чьи это узлы: extension-node-map.json от ComfyUI-Manager.',
      },
    },
    instance: {
      type: 'string',
      value: 'URL',
      doc: {
        en: 'A running ComfyUI that has the nodes of the workflow.',
        ru: 'Запущенный ComfyUI, в котором есть узлы этого workflow.',
      },
    },
    from: {
      type: 'string',
      value: 'FILE',
      doc: {
        en: "Begin with a bundle of export, or another tool's file.",
        ru: 'Начать с файла от export --format bundle или с файла другого инструмента.',
      },
    },
    'auto-checksum': {
      type: 'boolean',
      doc: {
        en: 'Give models the sha256 of their local files.',
        ru: 'Записать моделям sha256 их локальных файлов.',
      },
    },
    'models-root': {
      type: 'string',
      value: 'DIR',
      doc: {
        en: 'Where --auto-checksum looks. Default: the model store.',
        ru: 'Где искать файлы для --auto-checksum. По умолчанию хранилище моделей.',
      },
    },
    ...stateFlags,
    ...replaceFlags,
    ...writeFlags,
  },
  async run(ctx, input) {
    const { flags, args } = input
    const { language } = ctx.settings
    const [id = '', repo] = args
    requireOne(language, { repo, '--comfy': flags.comfy })
    const drafts = {
      '--from-install': flags['from-install'],
      '--from-workflow': flags['from-workflow'],
      '--from': flags.from,
      '--json-spec': flags['json-spec'],
    }
    requireOne(language, drafts)
    requireCompanions(language, flags)
    requireVersionId(id)
    const { draftOf } = await import('../../versions/draft-source.ts')
    const { createVersion } = await import('../../versions/create.ts')
    return createVersion(ctx, id, {
      draft: await draftOf(ctx, {
        fromInstall: flags['from-install'] ?? null,
        installPython: flags['install-python'] ?? null,
        localModels: flags['local-models'] === true,
        fromWorkflow: flags['from-workflow'] ?? null,
        nodeMap: flags['node-map'] ?? null,
        instance: flags.instance ?? null,
        fromFile: flags.from ?? null,
        state: flags['no-state'] !== true,
      }),
      base: flags['json-spec'] ?? null,
      core: flags.comfy ?? repo ?? null,
      parts: partFlagsOf(flags),
      cwd: process.cwd(),
      force: flags.force === true,
      resolve: flags['no-resolve'] !== true,
      dryRun: flags['dry-run'] === true,
      checksumRoot:
        flags['auto-checksum'] === true
          ? resolve(expandHome(flags['models-root'] ?? storeOf(ctx.settings, id)))
          : null,
    })
  },
  render(result, language) {
    const { version_id: id, file, lock, pins, notes, dry_run: dry } = result
    return [
      say(language, dry ? 'createdDry' : 'created', { file }),
      ...renderKept(result, language),
      ...(result.default_core ? [say(language, 'createdDefaultCore', { repo: DEFAULT_CORE })] : []),
      ...(lock === null || dry ? [] : [say(language, 'lockWritten', { file: lock })]),
      ...renderPins(pins, language),
      ...renderState(result.state, language),
      ...renderNotes(notes, language),
      ...(dry ? [JSON.stringify(result.spec, null, 2)] : [nextStep(id, lock, language)]),
    ].join('\n')
  },
})

function nextStep(id: string, lock: string | null, language: Language): string {
  return say(language, lock === null ? 'createdUnresolved' : 'nextRealize', { id })
}

/** @throws USAGE when several ways to say the same thing are used */
function requireOne(language: Language, ways: Readonly<Record<string, string | undefined>>): void {
  const given = Object.keys(ways).filter((name) => ways[name] !== undefined)
  if (given.length > 1) throw usage(say(language, 'flagsTogether', { flags: given.join(', ') }))
}

/** Flags that say more about another one. */
const COMPANIONS = [
  ['models-root', 'auto-checksum'],
  ['install-python', 'from-install'],
  ['local-models', 'from-install'],
  ['node-map', 'from-workflow'],
  ['instance', 'from-workflow'],
] as const

/** @throws USAGE when a flag stands without the one that it is about */
function requireCompanions(language: Language, flags: Readonly<Record<string, unknown>>): void {
  for (const [name, other] of COMPANIONS)
    if (flags[name] !== undefined && flags[other] === undefined)
      throw usage(say(language, 'flagNeeds', { name, other }))
}

/** The model store of a version. */
function storeOf(settings: Settings, id: string): string {
  return modelsDirOf(settings, homeOf(settings, id))
}

function usage(reason: string): ComfypinError {
  return new ComfypinError('USAGE', { reason })
}
