import { ComfypinError } from '../../core/errors.ts'
import { say } from '../../core/messages.ts'
import { completionScript } from '../completion.ts'
import { defineCommand, type Command } from '../command.ts'

/** @param all looked at when the command runs, so that the table may contain this command itself */
export function completionCommand(all: () => readonly Command[]): Command {
  return defineCommand({
    name: 'completion',
    summary: {
      en: 'Print a completion script: eval "$(comfypin completion bash)".',
      ru: 'Вывести скрипт автодополнения: eval "$(comfypin completion bash)".',
    },
    positionals: [
      { name: 'shell', required: true, doc: { en: 'bash, zsh or fish', ru: 'bash, zsh или fish' } },
    ],
    flags: {},
    async run(ctx, input) {
      const [shell = ''] = input.args
      if (shell !== 'bash' && shell !== 'zsh' && shell !== 'fish')
        throw new ComfypinError('USAGE', {
          reason: say(ctx.settings.language, 'unknownShell', {
            name: shell,
            known: 'bash, zsh, fish',
          }),
        })
      return { shell, script: completionScript(shell, all()) }
    },
    render: ({ script }) => script.trimEnd(),
  })
}
