/**
 * The node types that a Python file of ComfyUI's own registers, read from its source; nothing is run.
 * Both ways of saying it are known: entries of `NODE_CLASS_MAPPINGS`, and classes with an id that the
 * file lists (`get_node_list` of the newer API, `node_list`). What is commented out is not registered.
 */
export function coreTypesIn(source: string): string[] {
  const code = source.replaceAll(/^[ \t]*#.*$/gm, '')
  return [...new Set([...mappedTypes(code), ...listedTypes(code)])]
}

function mappedTypes(code: string): string[] {
  const tables = [...code.matchAll(/\bNODE_CLASS_MAPPINGS\s*(?::[^=\n]+)?=\s*\{([^}]*)\}/g)]
  return tables.flatMap(([, table = '']) => texts(table.matchAll(/^\s*(["'])(.+?)\1\s*:/gm)))
}

function listedTypes(code: string): string[] {
  const [, list = ''] = /\b(?:def get_node_list\b|node_list\s*=)(.*)/s.exec(code) ?? []
  if (list === '') return []
  const listed = new Set(list.match(/\w+/g))
  return code.split(/^class (?=\w)/m).flatMap((body) => {
    const name = /^\w+/.exec(body)?.[0] ?? ''
    if (!listed.has(name)) return []
    return texts(body.matchAll(/\b(?:node_id|NODE_ID|NodeId)\s*=\s*(["'])(.+?)\1/g)).slice(0, 1)
  })
}

function texts(matches: Iterable<RegExpMatchArray>): string[] {
  return [...matches].flatMap(([, , text]) => text ?? [])
}

/** Where ComfyUI looks for its own nodes; a file's name decides in the last two. */
export const CORE_NODE_FILES = [
  { folder: '', name: /^nodes\.py$/ },
  { folder: 'comfy_extras', name: /^nodes_.*\.py$/ },
  { folder: 'comfy_api_nodes', name: /^nodes_.*\.py$/ },
] as const
