import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Ctx } from '../../core/context.ts'
import { ComfypinError, reasonOf } from '../../core/errors.ts'
import type { SpecDraft } from '../../spec/draft.ts'
import { draftOf, joinParts } from '../../spec/importers/draft-parts.ts'
import { knownCoreTypes } from './core-types.ts'
import { knownModels } from './known-models.ts'
import { knownPacks } from './known-packs.ts'
import { readLiveNodes } from './live-nodes.ts'
import { EMPTY_MAP, readNodeMap } from './node-map.ts'
import { modelsOfNodes } from './workflow-models.ts'
import { readNodes } from './workflow-nodes.ts'
import { packsOfNodes } from './workflow-packs.ts'

export interface WorkflowOptions {
  /** ComfyUI-Manager's `extension-node-map.json`, or null. */
  map: string | null
  /** `http://host:port` of a running ComfyUI that has the nodes, or null. */
  instance: string | null
}

/**
 * What a workflow (UI or API format) needs to run: packs and models of its active nodes. Whatever
 * nothing knows, or several packs claim, is a note and never a guess.
 * @throws WORKFLOW_UNREADABLE, IMPORT_UNREADABLE, IMPORT_INVALID, INSTANCE_UNREACHABLE
 */
export async function draftFromWorkflow(
  ctx: Ctx,
  file: string,
  options: WorkflowOptions,
): Promise<SpecDraft> {
  const { nodes, root } = readNodes(readText(resolve(file)), file)
  const sources = {
    live: options.instance === null ? null : await readLiveNodes(options.instance),
    core: knownCoreTypes(ctx),
    known: knownPacks(ctx),
    map: options.map === null ? EMPTY_MAP : readNodeMap(resolve(options.map)),
  }
  return draftOf(
    joinParts([packsOfNodes(nodes, sources), modelsOfNodes(nodes, root, knownModels(ctx))]),
  )
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    const reason = reasonOf(error)
    throw new ComfypinError('WORKFLOW_UNREADABLE', { file, reason }, { cause: error })
  }
}
