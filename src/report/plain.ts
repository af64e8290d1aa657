import type { ComfypinEvent, Emit } from '../core/events.ts'
import { say, type Language } from '../core/messages.ts'
import { formatBytes, formatMs } from '../core/units.ts'
import { warningTable } from '../core/warnings.ts'
import { fill } from '../core/template.ts'
import { printable } from '../core/printable.ts'
import { redact } from '../core/redact.ts'
import { translate, translateParams } from '../core/translate.ts'
import { kindName } from './step-names.ts'

export interface ReporterOptions {
  language: Language
  verbose: boolean
  write(text: string): void
}

/** One line per fact that matters; for pipes, logs and CI. */
export function plainReporter({ language, verbose, write }: ReporterOptions): Emit {
  const names = new Map<string, string>()
  return (event) => {
    if (event.type === 'download.start') names.set(event.id, event.name)
    const line = lineOf(event, language, verbose, names)
    if (line !== null) write(`${line}\n`)
  }
}

/** The line of an event, fit to be shown, or null for one that is not worth a line. */
export function lineOf(
  event: ComfypinEvent,
  language: Language,
  verbose: boolean,
  names: ReadonlyMap<string, string>,
): string | null {
  const text = textOf(event, language, verbose, names)
  return text === null ? null : presentable(text)
}

/** Without what a terminal would obey, then without credentials. */
export function presentable(text: string): string {
  return redact(printable(text))
}

function textOf(
  event: ComfypinEvent,
  language: Language,
  verbose: boolean,
  names: ReadonlyMap<string, string>,
): string | null {
  switch (event.type) {
    case 'warning':
      return warningText(event, language)
    case 'step.end':
      return event.reused ? null : stepText(event, language)
    case 'download.end':
      return `${names.get(event.id) ?? event.id} ${formatBytes(event.received)} (${formatMs(event.ms)})`
    case 'download.retry':
      return retryText(event, names.get(event.id) ?? event.id, language)
    case 'lock.wait':
      return say(language, 'waitingForLock', { holder: event.holder, path: event.path })
    case 'pack.checked':
      // a failure comes as a warning too, and the answer of `realize` names every pack
      return verbose && event.ok ? say(language, 'packOk', event) : null
    case 'job.cached': {
      const count = event.nodes.length
      return count === 0 ? null : say(language, 'cachedNodes', { count })
    }
    case 'job.node':
      return say(language, 'runningNode', { node: event.node, classType: event.classType ?? '' })
    case 'instance.ready':
      return say(language, 'instanceUrl', { url: event.url, time: formatMs(event.ms) })
    case 'instance.log':
    case 'exec.line':
      return verbose ? event.line : null
    default:
      return null
  }
}

type EventOf<Type extends ComfypinEvent['type']> = Extract<ComfypinEvent, { type: Type }>

function warningText({ code, params }: EventOf<'warning'>, language: Language): string {
  const message = fill(warningTable[code][language], translateParams(params, language))
  return say(language, 'warningPrefix', { message })
}

function stepText({ kind, subject, ms }: EventOf<'step.end'>, language: Language): string {
  return `${kindName(kind, language)} ${subject} (${formatMs(ms)})`
}

function retryText(
  { reason, attempt, waitMs }: EventOf<'download.retry'>,
  name: string,
  language: Language,
): string {
  const time = formatMs(waitMs)
  return say(language, 'retrying', { name, reason: translate(reason, language), attempt, time })
}
