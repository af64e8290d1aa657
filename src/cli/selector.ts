import { resolve } from 'node:path'
import { ComfypinError } from '../core/errors.ts'
import { expandHome } from '../platform/settings.ts'
import type { SpecSelector } from '../resolve/load-spec.ts'
import type { Flags, Positional } from './command.ts'

/** The first argument of every command about one version. */
export const versionArgument: Positional = {
  name: 'id',
  required: true,
  doc: {
    en: 'Version id: the file name of its spec without .json.',
    ru: 'Id версии: имя файла спецификации без .json.',
  },
}

/** Flags that name a version in other ways. */
export const versionFlags = {
  spec: {
    type: 'string',
    value: 'PATH',
    doc: { en: 'A spec outside the versions folder.', ru: 'Спецификация вне папки версий.' },
  },
  'version-id': {
    type: 'string',
    value: 'ID',
    doc: { en: 'The same as the argument <id>.', ru: 'То же, что аргумент <id>.' },
  },
} as const satisfies Flags

export function selectorOf(input: {
  args: readonly string[]
  flags: { spec?: string | undefined; 'version-id'?: string | undefined }
}): SpecSelector {
  const id = input.args[0] ?? input.flags['version-id'] ?? null
  const path = input.flags.spec === undefined ? null : resolve(expandHome(input.flags.spec))
  if (id === null && path === null)
    throw new ComfypinError('USAGE', { reason: 'which version? give <id> or --spec PATH' })
  return { id, path }
}
