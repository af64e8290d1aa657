import { root } from '../../scripts/lib/process.mjs'

/**
 * A command as a reader can run it: the machine's own paths become names, and the run's folder `$WORK`.
 * @returns {(argv: readonly string[]) => string}
 */
export function createShow({ work, tools, product }) {
  const names = [
    [product.dir, '.'],
    [tools.node, 'node'],
    [tools.python, 'python'],
    [tools.uv, 'uv'],
  ]
  const shorten = (word) => {
    const [path, name] = names.find(([at]) => word === at || word.startsWith(`${at}/`)) ?? []
    const short =
      path === undefined ? word : `${name}${word.slice(path.length)}`.replace(/^\.\//, '')
    return short
      .replace(/^.*\/peers\/[^/]+\/bin\//, '')
      .replaceAll(work.run, '$WORK')
      .replaceAll(work.root, '$WORK')
      .replaceAll(root.replace(/\/$/, ''), '.')
  }
  return (argv) => argv.map((word) => quote(shorten(word))).join(' ')
}

function quote(word) {
  return /^[\w@%+=:,./$~<>-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}
