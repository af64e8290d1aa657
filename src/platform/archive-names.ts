/** Why a tree may not be made of these names, or null: they are fine. */
export interface ArchiveNames {
  /** Look at the next name. @returns what is wrong with it */
  add(name: string): string | null
}

const MAX_NAME_BYTES = 1024
const MAX_SEGMENT_BYTES = 255

/**
 * Looks at the names of an archive one by one: each has to be a plain path below the tree, and no two
 * may be one file on macOS or Windows.
 */
export function checkArchiveNames(): ArchiveNames {
  /** Folded name of every file and folder so far → its own name. */
  const seen = new Map<string, { name: string; isFile: boolean }>()
  const claim = (name: string, isFile: boolean): string | null => {
    const key = name.normalize('NFC').toLowerCase()
    const other = seen.get(key)
    seen.set(key, { name, isFile })
    if (other === undefined) return null
    if (other.name !== name) return `"${other.name}" and "${name}" are one name on some systems`
    return isFile || other.isFile ? `"${name}" stands in it twice` : null
  }
  return {
    add: (name) => {
      const wrong = problemOf(name)
      if (wrong !== null) return `${JSON.stringify(name)} ${wrong}`
      const isFile = !name.endsWith('/')
      const segments = (isFile ? name : name.slice(0, -1)).split('/')
      for (let count = 1; count <= segments.length; count++) {
        const clash = claim(segments.slice(0, count).join('/'), isFile && count === segments.length)
        if (clash !== null) return clash
      }
      return null
    },
  }
}

function problemOf(name: string): string | null {
  if (Buffer.byteLength(name) > MAX_NAME_BYTES) return 'is too long'
  if (/[\p{Cc}\u2028\u2029]/u.test(name)) return 'has control characters'
  if (name.includes('\\')) return 'has a backslash'
  if (name.startsWith('/') || /^[A-Za-z]:/.test(name)) return 'is an absolute path'
  const segments = name.replace(/\/$/, '').split('/')
  if (segments.some((part) => part === '' || part === '.' || part === '..'))
    return 'is no plain path'
  if (segments.some((part) => Buffer.byteLength(part) > MAX_SEGMENT_BYTES)) return 'is too long'
  // Whoever runs git in the folder would obey its configuration and hooks.
  if (segments.some((part) => part.toLowerCase() === '.git')) return 'is part of a git repository'
  return null
}
