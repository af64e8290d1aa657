/* oxlint-disable no-control-regex -- control characters are what is looked for */

/** Colours, titles, links, and the first half of a Windows line break. */
const DROPPED = /\u001b\[[0-?]*[ -/]*[@-~]|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)|\r(?=\n)/g

/** Control characters but tab and line feed, and what turns the direction of writing. */
const ACTIVE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g

/**
 * Text that a terminal shows and does not obey: names of packs and files, answers of servers and
 * logs of programs are not ours. Colours are dropped, other control characters become `\u001b`.
 */
export function printable(text: string): string {
  return text
    .replace(DROPPED, '')
    .replace(ACTIVE, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
