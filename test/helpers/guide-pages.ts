import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'

const projectRoot = join(import.meta.dirname, '../..')
const guide = join(projectRoot, 'docs/guide')

export interface Page {
  /** Relative to the project. */
  path: string
  text: string
}

/** The readme in both languages and every page of the guide. */
export function documentedPages(): Page[] {
  const pages = readdirSync(guide, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join(guide, name))
  return [join(projectRoot, 'README.md'), join(projectRoot, 'README.ru.md'), ...pages].map(
    (path) => ({ path: relative(projectRoot, path), text: readFileSync(path, 'utf8') }),
  )
}

/** The texts of a page's code blocks with this label, such as `sh` or `sh test`. */
export function blocksOf({ text }: Page, label: string | RegExp): string[] {
  return [...text.matchAll(/^```([^\n]*)\n(.*?)^```$/gms)].flatMap(([, found = '', body = '']) =>
    (typeof label === 'string' ? found === label : label.test(found)) ? [body] : [],
  )
}

/** Every command line of comfypin on a page, in blocks and in the text, as words. */
export function commandLines(page: Page): string[][] {
  const blocks = blocksOf(page, /^sh/).flatMap((block) => block.replaceAll('\\\n', ' ').split('\n'))
  const inline = [...page.text.replaceAll(/^```.*?^```$/gms, '').matchAll(/`([^`\n]+)`/g)]
  return [...blocks, ...inline.map(([, code = '']) => code)]
    .filter((line) => line.startsWith('comfypin '))
    .map((line) => wordsOf(line).slice(1))
}

/** Words as a shell reads them, up to a comment or what follows the command. */
function wordsOf(line: string): string[] {
  const words = [...line.matchAll(/'([^']*)'|"([^"]*)"|([^\s'"]+)/g)].map(
    ([, single, double, plain]) => single ?? double ?? plain ?? '',
  )
  const end = words.findIndex((word) => ['#', '||', '&&', '|', '>'].includes(word))
  return end < 0 ? words : words.slice(0, end)
}

/** Paths and anchors that a page links to, beside those on the web. */
export function linksOf({ path, text }: Page): { file: string; anchor: string | null }[] {
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, target = '']) => {
    if (/^[a-z]+:/.test(target)) return []
    const [file = '', anchor] = target.split('#', 2)
    const absolute = file === '' ? join(projectRoot, path) : join(projectRoot, dirname(path), file)
    return [{ file: absolute, anchor: anchor ?? null }]
  })
}
