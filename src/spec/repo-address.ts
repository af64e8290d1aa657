/**
 * True for an address that git may be given: a URL of a known scheme, `user@host:path`, or a path.
 * Refused: options (leading `-`), remote helpers (`ext::`), control characters.
 */
export function isRepoAddress(address: string): boolean {
  if (address.startsWith('-') || hasControl(address) || /^[a-z0-9+.-]+::/i.test(address))
    return false
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(address)?.[1]?.toLowerCase()
  if (scheme === undefined) return true
  return ['https', 'http', 'ssh', 'git', 'file'].includes(scheme) && URL.canParse(address)
}

/** The repository's own name: last segment without `.git`. */
export function repoName(address: string): string {
  const path = address.replace(/[?#].*$/, '').replace(/[/\\]+$/, '')
  return (path.split(/[/\\:]/).at(-1) ?? '').replace(/\.git$/, '')
}

/** True for a branch, tag or commit name that is safe as an argument and legal for git. */
export function isRefName(ref: string): boolean {
  return !(
    ref.startsWith('-') ||
    ref.startsWith('/') ||
    ref.endsWith('/') ||
    ref.endsWith('.') ||
    ref.endsWith('.lock') ||
    /\.\.|@\{|\/\/|[\s~^:?*[\\]/.test(ref) ||
    hasControl(ref)
  )
}

/** True for a pack's folder name: ComfyUI would import it, and it stays inside `custom_nodes`. */
export function isPackName(name: string): boolean {
  return (
    name.length <= 128 &&
    /^[^./\\:*?"<>|-][^/\\:*?"<>|]*$/.test(name) &&
    !hasControl(name) &&
    !name.endsWith('.disabled') &&
    !name.endsWith('.') &&
    !name.endsWith(' ') &&
    name !== '__pycache__'
  )
}

export function hasControl(text: string): boolean {
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  return /[\u0000-\u001f\u007f\u2028\u2029]/.test(text)
}
