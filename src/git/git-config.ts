/** What a repository's own config says of remotes and branches: `remote "origin"` → its values. */
export type GitConfig = ReadonlyMap<string, ReadonlyMap<string, string>>

/**
 * A git config as data. git itself would also run what stands in it (`core.fsmonitor`, filters,
 * remote helpers), so a repository that somebody else made is read by hand. Includes are not followed.
 */
export function parseGitConfig(text: string): GitConfig {
  const sections = new Map<string, Map<string, string>>()
  let section = new Map<string, string>()
  for (const line of text.replaceAll('\\\n', '').split(/\r?\n/)) {
    const [, head, name] = /^\s*\[\s*([\w.-]+)(?:\s+"((?:[^"\\]|\\.)*)")?\s*\]/.exec(line) ?? []
    if (head !== undefined) {
      const key =
        name === undefined ? head.toLowerCase() : `${head.toLowerCase()} "${unescape(name)}"`
      section = sections.get(key) ?? new Map<string, string>()
      sections.set(key, section)
    }
    const [, key, value] = /^\s*(?:\[[^\]]*\]\s*)?([A-Za-z][\w-]*)\s*=\s*(.*)$/.exec(line) ?? []
    if (key !== undefined) section.set(key.toLowerCase(), valueOf(value ?? ''))
  }
  return sections
}

/** Quotes and escapes resolved, a comment outside of quotes cut off. */
function valueOf(text: string): string {
  let value = ''
  let isQuoted = false
  for (const [part] of text.matchAll(/\\.|./g)) {
    if (part === '"') isQuoted = !isQuoted
    else if (!isQuoted && (part === '#' || part === ';')) break
    else value += unescape(part)
  }
  return value.trim()
}

function unescape(text: string): string {
  return text.replace(/\\(.)/g, (_, char: string) =>
    char === 'n' ? '\n' : char === 't' ? '\t' : char,
  )
}

/** The remote that a branch follows, else `origin`, else the first one with an address. */
export function remoteOf(
  config: GitConfig,
  branch: string | null,
): { name: string; url: string } | null {
  const followed = branch === null ? undefined : config.get(`branch "${branch}"`)?.get('remote')
  const names = [...config.keys()].flatMap((key) => /^remote "(.*)"$/s.exec(key)?.[1] ?? [])
  for (const name of [followed, 'origin', ...names]) {
    const url = name === undefined ? undefined : config.get(`remote "${name}"`)?.get('url')
    if (name !== undefined && url !== undefined && url !== '') return { name, url }
  }
  return null
}
