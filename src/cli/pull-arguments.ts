import { isVersionId } from '../platform/paths.ts'

/** `models.yml`, `./nodes/mine.json`: a file with a list; a web address with such an end is a source. */
export function isFileArgument(text: string): boolean {
  return /\.(?:ya?ml|json)$/i.test(text) && !/^[a-z][\w+.-]+:|^\s*[[{]|=/i.test(text)
}

/** Neither a file nor a source, which has a scheme or is a path with a slash. */
export function isVersionArgument(text: string): boolean {
  return isVersionId(text) && !isFileArgument(text)
}
