import { createClient } from '../../comfy/client.ts'
import { createHttp, type Http } from '../../comfy/http.ts'
import { isObject, parseObject, textAt } from '../../comfy/json.ts'
import { ComfypinError, reasonOf } from '../../core/errors.ts'

/** What a running ComfyUI says of its nodes. */
export interface LiveNodes {
  /** `core`, or the folder in `custom_nodes`; null for a type that it does not have. */
  ownerOf(type: string): { core: true } | { core: false; folder: string } | null
  /** What its ComfyUI-Manager knows of a folder; null without one. */
  packIn(folder: string): LivePack | null
}

export interface LivePack {
  registry: string | null
  /** `owner/name` on GitHub. */
  github: string | null
  version: string | null
}

/**
 * Ask a running ComfyUI once for all its node types.
 * @throws INSTANCE_UNREACHABLE
 */
export async function readLiveNodes(url: string): Promise<LiveNodes> {
  if (!URL.canParse(url) || new URL(url).protocol !== 'http:')
    throw new ComfypinError('INSTANCE_UNREACHABLE', { url, reason: 'no http address' })
  const base = url.replace(/\/+$/, '')
  const http = createHttp(base)
  try {
    const types = await createClient(http, base).objectInfo()
    const packs = await managerPacks(http)
    return {
      ownerOf: (type) => {
        const info = Object.hasOwn(types, type) ? types[type] : null
        return ownerOf(isObject(info) ? textAt(info, 'python_module') : null)
      },
      packIn: (folder) => packs.get(folder) ?? null,
    }
  } catch (error) {
    throw new ComfypinError(
      'INSTANCE_UNREACHABLE',
      { url, reason: reasonOf(error) },
      { cause: error },
    )
  } finally {
    http.close()
  }
}

/** `nodes`, `comfy_extras.nodes_x`, `comfy_api_nodes.x`, or `custom_nodes.<folder>`. */
function ownerOf(module: string | null): ReturnType<LiveNodes['ownerOf']> {
  if (module === null) return null
  const folder = /^custom_nodes\.(.+)$/.exec(module)?.[1]
  return folder === undefined ? { core: true } : { core: false, folder }
}

/** ComfyUI-Manager 3 and 4 answer at different paths; a ComfyUI without it answers 404. */
async function managerPacks(http: Http): Promise<Map<string, LivePack>> {
  for (const path of ['/v2/customnode/installed', '/customnode/installed']) {
    const { status, body } = await http.send(path)
    const packs = status === 200 ? parseObject(body) : null
    if (packs === null) continue
    return new Map(
      Object.entries(packs).flatMap(([folder, pack]): [string, LivePack][] => {
        if (!isObject(pack)) return []
        const [registry, github] = [textAt(pack, 'cnr_id'), textAt(pack, 'aux_id')]
        return [[folder, { registry, github, version: textAt(pack, 'ver') }]]
      }),
    )
  }
  return new Map()
}
