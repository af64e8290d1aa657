import { resolve } from 'node:path'
import { ComfypinError } from '../../core/errors.ts'
import { say } from '../../core/messages.ts'
import { expandHome } from '../../platform/settings.ts'
import { DEFAULT_CORE } from '../../spec/default-core.ts'
import { defineCommand } from '../command.ts'
import { wheelFlags } from '../shared-flags.ts'

export const bootstrapCommand = defineCommand({
  name: 'bootstrap',
  summary: {
    en: 'Make a plain ComfyUI folder: clone, venv, requirements.',
    ru: 'Создать обычную папку ComfyUI: клон, venv, зависимости.',
  },
  positionals: [
    {
      name: 'dir',
      required: false,
      doc: { en: 'Its folder. Default ./ComfyUI.', ru: 'Её папка. По умолчанию ./ComfyUI.' },
    },
  ],
  flags: {
    ref: {
      type: 'string',
      value: 'REF',
      doc: {
        en: 'Branch, tag or commit. Default: the default branch.',
        ru: 'Ветка, тег или коммит. По умолчанию — основная ветка.',
      },
    },
    torch: {
      type: 'string',
      value: 'auto|cpu|skip',
      doc: {
        en: 'PyTorch for the GPU that is here, for the CPU, or none. Default auto.',
        ru: 'PyTorch для имеющегося GPU, для CPU или без него. По умолчанию auto.',
      },
    },
    repo: {
      type: 'string',
      value: 'URL',
      doc: { en: 'Another repository, such as a fork.', ru: 'Другой репозиторий, например форк.' },
    },
    ...wheelFlags,
  },
  async run(ctx, input) {
    const { torch = 'auto', ref, repo } = input.flags
    if (torch !== 'auto' && torch !== 'cpu' && torch !== 'skip')
      throw new ComfypinError('USAGE', {
        reason: say(ctx.settings.language, 'flagNotOneOf', {
          name: 'torch',
          known: 'auto, cpu, skip',
          value: torch,
        }),
      })
    const { bootstrap } = await import('../../versions/bootstrap.ts')
    return bootstrap(ctx, resolve(expandHome(input.args[0] ?? 'ComfyUI')), {
      repo: repo ?? DEFAULT_CORE,
      ref: ref ?? null,
      torch,
    })
  },
  render({ dir, commit, python, packages, start }, language) {
    return [
      say(language, 'bootstrapDone', { dir, commit: commit.slice(0, 12), python, packages }),
      say(language, 'bootstrapStart', { command: `cd '${dir}' && ${start.join(' ')}` }),
      say(language, 'bootstrapCreate', { command: `comfypin create <id> --from-install '${dir}'` }),
    ].join('\n')
  },
})
