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
      return say(language, 'warningPrefix', {
        message: fill(warningTable[event.code][language], translateParams(event.params, language)),
      })
    case 'step.end':
      return event.reused
        ? null
        : `${kindName(event.kind, language)} ${event.subject} (${formatMs(event.ms)})`
    case 'download.end':
      return `${names.get(event.id) ?? event.id} ${formatBytes(event.received)} (${formatMs(event.ms)})`
    case 'download.retry':
      return say(language, 'retrying', {
        name: names.get(event.id) ?? event.id,
        reason: translate(event.reason, language),
        attempt: event.attempt,
        time: formatMs(event.waitMs),
      })
    case 'lock.wait':
      return say(language, 'waitingForLock', { holder: event.holder, path: event.path })
    case 'pack.checked':
      // a failure comes as a warning too, and the answer of `realize` names every pack
      return verbose && event.ok
        ? say(language, 'packOk', { name: event.name, nodes: event.nodes })
        : null
    case 'job.cached':
      return event.nodes.length === 0
        ? null
        : say(language, 'cachedNodes', { count: event.nodes.length })
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
