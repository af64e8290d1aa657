import type { Command } from './command.ts'
import { globalFlags } from './global-flags.ts'

/** A completion script for bash, zsh or fish, from the table of commands. */
export function completionScript(
  shell: 'bash' | 'zsh' | 'fish',
  commands: readonly Command[],
): string {
  return shell === 'fish' ? fish(commands) : shell === 'zsh' ? zsh(commands) : bash(commands)
}

function flagsOf(command: Command): string[] {
  return Object.keys({ ...command.flags, ...globalFlags }).map((name) => `--${name}`)
}

/**
 * Version ids are the JSON files of the versions folder. Other names stay out: `compgen` expands its
 * words, so a file called `$(…).json` would be run.
 */
const ONLY_IDS = 'sed -n "s/^\\([A-Za-z0-9][A-Za-z0-9._-]*\\)\\.json\\$/\\1/p"'

function takesId({ positionals }: Command): boolean {
  return positionals.some(({ name }) => name === 'id')
}

function bash(commands: readonly Command[]): string {
  const withId = commands.filter(takesId).map(({ name }) => name)
  const ids = `$(ls "\${COMFY_VERSIONS_DIR:-versions}" 2>/dev/null | ${ONLY_IDS})`
  return [
    '_comfypin() {',
    '  local current="${COMP_WORDS[COMP_CWORD]}" words',
    '  if [ "$COMP_CWORD" -eq 1 ]; then',
    `    words="${commands.map(({ name }) => name).join(' ')} --help --version"`,
    '  elif [[ "$current" != -* ]]; then',
    `    case "\${COMP_WORDS[1]}" in ${withId.join('|')}) words="${ids}" ;; esac`,
    '  else case "${COMP_WORDS[1]}" in',
    ...commands.map((command) => `    ${command.name}) words="${flagsOf(command).join(' ')}" ;;`),
    '  esac; fi',
    '  COMPREPLY=($(compgen -W "$words" -- "$current"))',
    '}',
    'complete -o default -F _comfypin comfypin',
    '',
  ].join('\n')
}

function zsh(commands: readonly Command[]): string {
  return ['#compdef comfypin', 'autoload -U +X bashcompinit && bashcompinit', bash(commands)].join(
    '\n',
  )
}

function fish(commands: readonly Command[]): string {
  const quote = (text: string) => `'${text.replaceAll("'", "\\'")}'`
  const withId = commands.filter(takesId).map(({ name }) => name)
  const folder = 'set -q COMFY_VERSIONS_DIR; and echo $COMFY_VERSIONS_DIR; or echo versions'
  const ids = `(ls (${folder}) 2>/dev/null | ${ONLY_IDS})`
  return [
    ...commands.map(
      ({ name, summary }) =>
        `complete -c comfypin -n __fish_use_subcommand -a ${name} -d ${quote(summary.en)}`,
    ),
    ...commands.flatMap((command) =>
      Object.entries({ ...command.flags, ...globalFlags }).map(
        ([name, flag]) =>
          `complete -c comfypin -n '__fish_seen_subcommand_from ${command.name}' -l ${name} -d ${quote(flag.doc.en)}`,
      ),
    ),
    `complete -c comfypin -f -n '__fish_seen_subcommand_from ${withId.join(' ')}' -a '${ids}'`,
    '',
  ].join('\n')
}
