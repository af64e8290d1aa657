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

function namesOf(commands: readonly Command[]): string[] {
  return commands.map(({ name }) => name)
}

function firstWords(commands: readonly Command[]): string[] {
  return [...new Set(namesOf(commands).map((name) => name.replace(/ .*/, '')))]
}

/** Second words of commands that have two, by their first. */
function groupsOf(commands: readonly Command[]): Map<string, string[]> {
  const groups = new Map<string, string[]>()
  for (const name of namesOf(commands)) {
    const [first = '', second] = name.split(' ')
    if (second !== undefined) groups.set(first, [...(groups.get(first) ?? []), second])
  }
  return groups
}

function bash(commands: readonly Command[]): string {
  const groups = [...groupsOf(commands)]
  const pattern = (names: readonly string[]) => names.map((name) => `"${name}"`).join('|') || '""'
  const ids = `$(ls "\${COMFY_VERSIONS_DIR:-versions}" 2>/dev/null | ${ONLY_IDS})`
  return [
    '_comfypin() {',
    '  local current="${COMP_WORDS[COMP_CWORD]}" command="${COMP_WORDS[1]}" words',
    `  case "$command \${COMP_WORDS[2]}" in ${pattern(namesOf(commands).filter((name) => name.includes(' ')))}) command="$command \${COMP_WORDS[2]}" ;; esac`,
    '  if [ "$COMP_CWORD" -eq 1 ]; then',
    `    words="${firstWords(commands).join(' ')} --help --version"`,
    '  elif [[ "$current" != -* ]]; then',
    `    case "$command" in ${pattern(namesOf(commands.filter(takesId)))}) words="${ids}" ;; esac`,
    '    if [ "$COMP_CWORD" -eq 2 ]; then case "${COMP_WORDS[1]}" in',
    ...groups.map(([first, seconds]) => `      ${first}) words="$words ${seconds.join(' ')}" ;;`),
    '    esac; fi',
    '  else case "$command" in',
    ...commands.map((command) => `    "${command.name}") words="${flagsOf(command).join(' ')}" ;;`),
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
  const groups = groupsOf(commands)
  const offer = (condition: string, word: string, summary: string) =>
    `complete -c comfypin -n ${quote(condition)} -a ${word} -d ${quote(summary)}`
  const folder = 'set -q COMFY_VERSIONS_DIR; and echo $COMFY_VERSIONS_DIR; or echo versions'
  const ids = `(ls (${folder}) 2>/dev/null | ${ONLY_IDS})`
  return [
    ...firstWords(commands).map((word) => {
      const only = commands.find(({ name }) => name === word)
      return offer('__fish_use_subcommand', word, only?.summary.en ?? `${word} …`)
    }),
    ...commands.flatMap(({ name, summary }) => {
      const [first = '', second] = name.split(' ')
      const others = groups.get(first)?.join(' ') ?? ''
      const condition = `__fish_seen_subcommand_from ${first}; and not __fish_seen_subcommand_from ${others}`
      return second === undefined ? [] : [offer(condition, second, summary.en)]
    }),
    ...commands.flatMap((command) =>
      Object.entries({ ...command.flags, ...globalFlags }).map(
        ([name, flag]) =>
          `complete -c comfypin -n ${quote(fishSees(command, groups))} -l ${name} -d ${quote(flag.doc.en)}`,
      ),
    ),
    ...commands
      .filter(takesId)
      .map(
        (command) => `complete -c comfypin -f -n ${quote(fishSees(command, groups))} -a '${ids}'`,
      ),
    '',
  ].join('\n')
}

/** A second word may be a command of its own (`list`, `models list`). */
function fishSees({ name }: Command, groups: ReadonlyMap<string, readonly string[]>): string {
  const [first = '', second] = name.split(' ')
  if (second !== undefined)
    return `__fish_seen_subcommand_from ${first}; and __fish_seen_subcommand_from ${second}`
  const heads = [...groups.keys()].filter((head) => head !== first).join(' ')
  const alone = heads === '' ? '' : `; and not __fish_seen_subcommand_from ${heads}`
  return `__fish_seen_subcommand_from ${first}${alone}`
}
