import { randomBytes } from 'node:crypto'
import { ComfypinError } from '../core/errors.ts'
import { historyEntry, type HistoryEntry } from './history.ts'
import type { Http, HttpAnswer, HttpRequest } from './http.ts'
import { listAt, parseObject, textAt, type JsonObject } from './json.ts'
import { nodeProblems, refusalFrom, type NodeProblem } from './refusal.ts'
import type { Workflow } from './workflow.ts'

export interface PromptSubmission {
  workflow: Workflow
  /** A new canonical lowercase UUID; cores before 0.3.44 choose their own. */
  promptId: string
  clientId: string
  extraData?: JsonObject
}

export interface SubmittedPrompt {
  promptId: string
  /** Outputs that ComfyUI left out because their nodes do not validate; the rest runs (comfyui.md C2). */
  problems: NodeProblem[]
}

/** A file that ComfyUI holds. */
export interface StoredFile {
  name: string
  subfolder: string
  type: string
}

export interface Upload {
  name: string
  data: Buffer
  subfolder?: string
  overwrite?: boolean
}

/** ComfyUI's HTTP interface; every call throws JOB_PROTOCOL when the server does not answer as it should. */
export interface ComfyClient {
  /** @throws WORKFLOW_REFUSED with a `WorkflowRefusal` as its cause */
  submitPrompt(submission: PromptSubmission): Promise<SubmittedPrompt>
  /** null while the prompt is not finished, or unknown. */
  getHistory(promptId: string): Promise<HistoryEntry | null>
  /** Ids of prompts that run and that wait. */
  getQueue(): Promise<{ running: string[]; pending: string[] }>
  /** Take a prompt out of the queue, or stop it at its next step when it runs. Others go on. */
  interrupt(promptId: string): Promise<void>
  /** Schemas of all node classes, or of one; takes the server's only thread for 40-150 ms: cache it. */
  objectInfo(classType?: string): Promise<JsonObject>
  /** Put a file into ComfyUI's input folder. */
  upload(file: Upload): Promise<StoredFile>
  viewUrl(file: StoredFile): string
}

export function createClient(http: Http, url: string): ComfyClient {
  return {
    submitPrompt: (submission) => submitPrompt(http, submission),
    getHistory: async (promptId) =>
      historyEntry(await getObject(http, `/history/${encodeURIComponent(promptId)}`), promptId),
    getQueue: () => getQueue(http),
    interrupt: (promptId) => interrupt(http, promptId),
    objectInfo: (classType) =>
      getObject(
        http,
        classType === undefined ? '/object_info' : `/object_info/${encodeURIComponent(classType)}`,
      ),
    upload: (file) => upload(http, file),
    viewUrl: ({ name, subfolder, type }) =>
      `${url}/view?${new URLSearchParams({ filename: name, subfolder, type }).toString()}`,
  }
}

async function submitPrompt(http: Http, submission: PromptSubmission): Promise<SubmittedPrompt> {
  const answer = await http.send('/prompt', {
    method: 'POST',
    json: {
      prompt: submission.workflow,
      prompt_id: submission.promptId,
      client_id: submission.clientId,
      ...(submission.extraData === undefined ? {} : { extra_data: submission.extraData }),
    },
  })
  const body = parseObject(answer.body)
  if (answer.status === 400 && body !== null) throw refusalFrom(body)
  if (answer.status !== 200 || body === null) throw unexpected('POST /prompt', answer)
  return {
    promptId: textAt(body, 'prompt_id') ?? submission.promptId,
    problems: nodeProblems(body),
  }
}

async function getQueue(http: Http): Promise<{ running: string[]; pending: string[] }> {
  const queue = await getObject(http, '/queue')
  return { running: idsOf(queue, 'queue_running'), pending: idsOf(queue, 'queue_pending') }
}

/**
 * In this order the prompt cannot slip from the queue into execution in between (comfyui.md C4.8).
 * Cores before September 2025 interrupt whatever runs, so it is asked first whether that is ours.
 */
async function interrupt(http: Http, promptId: string): Promise<void> {
  await expectOk(http, '/queue', { method: 'POST', json: { delete: [promptId] } })
  if ((await getQueue(http)).running.includes(promptId))
    await expectOk(http, '/interrupt', { method: 'POST', json: { prompt_id: promptId } })
}

/** Queue items are `[number, prompt id, …]`. */
function idsOf(queue: JsonObject, key: string): string[] {
  return listAt(queue, key).flatMap((item) => {
    const id: unknown = Array.isArray(item) ? item[1] : null
    return typeof id === 'string' ? [id] : []
  })
}

async function upload(http: Http, file: Upload): Promise<StoredFile> {
  const form = multipart(
    { type: 'input', subfolder: file.subfolder ?? '', overwrite: String(file.overwrite ?? false) },
    file,
  )
  const answer = await expectOk(http, '/upload/image', { method: 'POST', form })
  const body = parseObject(answer.body) ?? {}
  const name = textAt(body, 'name')
  if (name === null) throw unexpected('POST /upload/image', answer)
  return {
    name,
    subfolder: textAt(body, 'subfolder') ?? '',
    type: textAt(body, 'type') ?? 'input',
  }
}

function multipart(fields: Record<string, string>, file: Upload): { type: string; body: Buffer } {
  const boundary = `comfypin-${randomBytes(16).toString('hex')}`
  const part = (disposition: string) =>
    `--${boundary}\r\ncontent-disposition: form-data; ${disposition}\r\n`
  const texts = Object.entries(fields).map(
    ([name, value]) => `${part(`name="${name}"`)}\r\n${value}\r\n`,
  )
  const name = file.name.replace(/["\r\n\\]/g, '_')
  const head = `${part(`name="image"; filename="${name}"`)}content-type: application/octet-stream\r\n\r\n`
  const body = [texts.join(''), head, file.data, `\r\n--${boundary}--\r\n`]
  return {
    type: `multipart/form-data; boundary=${boundary}`,
    body: Buffer.concat(body.map((piece) => Buffer.from(piece))),
  }
}

async function getObject(http: Http, path: string): Promise<JsonObject> {
  const answer = await expectOk(http, path)
  const body = parseObject(answer.body)
  if (body === null) throw unexpected(`GET ${path}`, answer)
  return body
}

async function expectOk(http: Http, path: string, options: HttpRequest = {}): Promise<HttpAnswer> {
  const answer = await http.send(path, options)
  if (answer.status !== 200) throw unexpected(`${options.method ?? 'GET'} ${path}`, answer)
  return answer
}

function unexpected(request: string, { status, body }: HttpAnswer): ComfypinError<'JOB_PROTOCOL'> {
  const start = body.slice(0, 200).replaceAll(/\s+/g, ' ')
  return new ComfypinError('JOB_PROTOCOL', { reason: `${request}: ${status} ${start}` })
}
