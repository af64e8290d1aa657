import { ComfypinError } from '../core/errors.ts'
import { isObject, listAt, objectAt, textAt, type JsonObject } from './json.ts'

/** One reason why ComfyUI does not take a workflow. */
export interface NodeProblem {
  node: string
  classType: string
  /** The input that is wrong, where the problem is about one. */
  input: string | null
  /** ComfyUI's type, such as `value_not_in_list`. */
  type: string
  message: string
  details: string
}

/** Cause of WORKFLOW_REFUSED: the node errors as data, for callers that answer in JSON. */
export class WorkflowRefusal extends Error {
  override readonly name = 'WorkflowRefusal'
  readonly problems: readonly NodeProblem[]

  constructor(reason: string, problems: readonly NodeProblem[]) {
    super(reason)
    this.problems = problems
  }
}

/** WORKFLOW_REFUSED from the body of a 400. */
export function refusalFrom(body: JsonObject): ComfypinError<'WORKFLOW_REFUSED'> {
  const error = objectAt(body, 'error')
  const message = textAt(error, 'message') ?? textAt(body, 'error') ?? 'it does not validate'
  const details = textAt(error, 'details') ?? ''
  const reason = details === '' || message.includes(details) ? message : `${message} (${details})`
  return refuse(reason, nodeProblems(body))
}

/** WORKFLOW_REFUSED for a workflow that ComfyUI would run only in part. */
export function partialRefusal(
  problems: readonly NodeProblem[],
): ComfypinError<'WORKFLOW_REFUSED'> {
  return refuse('some outputs do not validate and would be left out', problems)
}

function refuse(
  reason: string,
  problems: readonly NodeProblem[],
): ComfypinError<'WORKFLOW_REFUSED'> {
  const nodes = problems.map(toLine).join('\n')
  const cause = new WorkflowRefusal(reason, problems)
  return new ComfypinError('WORKFLOW_REFUSED', { reason, nodes }, { cause })
}

/** Every error of every node; also the one node that `missing_node_type` puts beside the list. */
export function nodeProblems(body: JsonObject): NodeProblem[] {
  const listed = Object.entries(objectAt(body, 'node_errors')).flatMap(([node, entry]) =>
    isObject(entry) ? problemsOf(node, entry) : [],
  )
  if (listed.length > 0) return listed
  const error = objectAt(body, 'error')
  const extra = objectAt(error, 'extra_info')
  const node = textAt(extra, 'node_id')
  return node === null ? [] : [toProblem(node, textAt(extra, 'class_type') ?? '?', error)]
}

function problemsOf(node: string, entry: JsonObject): NodeProblem[] {
  const classType = textAt(entry, 'class_type') ?? '?'
  return listAt(entry, 'errors')
    .filter(isObject)
    .map((error) => toProblem(node, classType, error))
}

function toProblem(node: string, classType: string, error: JsonObject): NodeProblem {
  return {
    node,
    classType,
    input: textAt(objectAt(error, 'extra_info'), 'input_name'),
    type: textAt(error, 'type') ?? 'unknown',
    message: textAt(error, 'message') ?? '',
    details: textAt(error, 'details') ?? '',
  }
}

function toLine({ node, classType, input, message, details }: NodeProblem): string {
  const where = input === null ? '' : `, input ${input}`
  return `  node ${node} (${classType})${where}: ${[message, details].filter(Boolean).join(': ')}`
}
