/** PEP 503: one spelling per package. */
export function normalizeName(name: string): string {
  return name.toLowerCase().replace(/[-_.]+/g, '-')
}

/**
 * One spelling per version, as PEP 440 normalizes it: old wheels say `2023.07.10` or `1.0-beta.2`
 * in their folder name where a lock says `2023.7.10` and `1.0b2`.
 */
export function normalizeVersion(version: string): string {
  const [release = '', local] = version.toLowerCase().replace(/^v/, '').split('+', 2)
  const spelled = release
    .replace(/[-_.]?(alpha|beta|preview|pre|post|rev|dev|rc|a|b|c|r)[-_.]?(\d*)/g, spellSegment)
    .replace(/-(\d+)$/, '.post$1')
    .replace(/\d+/g, (digits) => digits.replace(/^0+(?=\d)/, ''))
  return local === undefined ? spelled : `${spelled}+${local.replace(/[-_]/g, '.')}`
}

const SPELLINGS: Readonly<Record<string, string>> = {
  alpha: 'a',
  a: 'a',
  beta: 'b',
  b: 'b',
  rc: 'rc',
  c: 'rc',
  pre: 'rc',
  preview: 'rc',
  post: '.post',
  rev: '.post',
  r: '.post',
  dev: '.dev',
}

function spellSegment(_whole: string, word: string, number: string): string {
  return `${SPELLINGS[word] ?? word}${number === '' ? '0' : number}`
}

/** Order of two release numbers by their digits: enough to find the lowest of a few. */
export function compareReleases(a: string, b: string): number {
  const [left, right] = [digitsOf(a), digitsOf(b)]
  for (let at = 0; at < Math.max(left.length, right.length); at++) {
    const difference = (left[at] ?? 0) - (right[at] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

function digitsOf(version: string): number[] {
  return (version.split('+')[0] ?? '').split('.').map((part) => Number.parseInt(part, 10) || 0)
}

/** The normalized name that a requirement line starts with, or null for a bare URL. */
export function requirementName(line: string): string | null {
  const name = /^([A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?)\s*(?:[[(<>=!~;@ ]|$)/.exec(line)?.[1]
  return name === undefined ? null : normalizeName(name)
}
