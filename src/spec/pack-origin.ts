import { hasControl } from './repo-address.ts'

/** True for an id that the Comfy registry may have given; it becomes part of paths and addresses. */
export function isRegistryId(text: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/.test(text) && !text.includes('..')
}

/** True for a folder below a repository, written with forward slashes. */
export function isSubdir(text: string): boolean {
  const segments = segmentsOf(text)
  return (
    segments.length > 0 &&
    text.length <= 512 &&
    !text.startsWith('/') &&
    !/[\\:]/.test(text) &&
    !hasControl(text) &&
    segments.every((part) => part !== '..' && part.toLowerCase() !== '.git')
  )
}

/** `./a//b/` → `a/b` */
export function plainSubdir(text: string): string {
  return segmentsOf(text).join('/')
}

function segmentsOf(text: string): string[] {
  return text.split('/').filter((part) => part !== '' && part !== '.')
}

/** True for what npm reads as a version or a range: `1.2.3`, `^1.2`, `>=1 <2`, `1 - 2`, `1 || 3.x`. */
export function isVersionRange(text: string): boolean {
  if (text.length > 100) return false
  return text.split('||').every((part) => {
    const words = part.trim().split(/ +/)
    return words.every((word) => word === '-' || COMPARATOR.test(word)) && /[\dxX*]/.test(part)
  })
}

const COMPARATOR =
  /^(?:[~^]|[<>]?=?)(?:v?(?:\d{1,9}|[xX*])(?:\.(?:\d{1,9}|[xX*])){0,2}(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?)?$/
