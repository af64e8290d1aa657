import { redact } from '../core/redact.ts'
import { maskSecrets } from '../core/secret-names.ts'
import { pinText } from './pin-text.ts'
import type { Lock, LockModel, LockPack, LockRepo } from './types.ts'

/** One pin that moved, came or went. */
export interface LockChange {
  /** `core`, `pack <name>`, `model <path>`, `packages`, `overrides`, `twins`, `env`, `options`. */
  subject: string
  from: string | null
  to: string | null
}

/** What differs between two locks of one version; everything is new when there was none. */
export function diffLocks(before: Lock | null, after: Lock): LockChange[] {
  const old = before === null ? new Map<string, string>() : pinsOf(before)
  const now = pinsOf(after)
  return [...new Set([...old.keys(), ...now.keys()])]
    .map((subject) => ({ subject, from: old.get(subject) ?? null, to: now.get(subject) ?? null }))
    .filter(({ from, to }) => from !== to)
    .map(withoutSecrets)
}

/** Everything that a lock decides: subject → value, each a line of text. */
export function pinsOf(lock: Lock): Map<string, string> {
  return new Map([
    ['core', pin(lock.comfy)],
    ...lock.custom_nodes.map((pack): [string, string] => [`pack ${pack.name}`, packPin(pack)]),
    ...lock.models.map((model): [string, string] => [modelName(model), describeModel(model)]),
    ['packages', lock.python_packages.join(', ')],
    ...unless('', ['overrides', lock.python_overrides.join(', ')]),
    ...unless('one', ['twins', lock.python_twins]),
    ['env', sortedJson(lock.env)],
    ['options', sortedJson({ ...lock.options })],
  ])
}

/** A row that is only there when it has something to say. */
function unless(usual: string, row: [string, string]): [string, string][] {
  return row[1] === usual ? [] : [row]
}

function pin(repo: LockRepo): string {
  return `${repo.repo}@${repo.commit ?? '?'}`
}

/** Compared as they are, shown without logins of addresses and values of secret variables. */
function withoutSecrets({ subject, from, to }: LockChange): LockChange {
  const shown = (text: string | null) => {
    if (text === null || subject !== 'env') return text === null ? null : redact(text)
    // oxlint-disable-next-line no-unsafe-type-assertion -- written by sortedJson
    return JSON.stringify(maskSecrets(JSON.parse(text) as Record<string, unknown>))
  }
  return { subject, from: shown(from), to: shown(to) }
}

/** Whether its Python requirements count decides the packages as much as its commit does. */
function packPin(pack: LockPack): string {
  return `${pinText(pack)}${pack.install_requirements ? '' : ' without its requirements'}`
}

function modelName({ root, target_path }: LockModel): string {
  return `model ${root === 'home' ? '$COMFY_HOME/' : ''}${target_path}`
}

function describeModel(model: LockModel): string {
  return `${model.source}${model.checksum === null ? '' : ` ${model.checksum.algorithm}:${model.checksum.hex}`}`
}

/** A lock that was read has its keys in order, one that was just made has the spec's. */
function sortedJson(values: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(values, Object.keys(values).toSorted())
}
