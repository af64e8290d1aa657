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

/**
 * The same id may be said twice. Whether it is the id of `--spec` too is known when that is read.
 * @throws USAGE for no version, or for two
 */
export function selectorOf(input: {
  args: readonly string[]
  flags: { spec?: string | undefined; 'version-id'?: string | undefined }
}): SpecSelector {
  const { args, flags } = input
  const [id = null, other = id] = [args[0], flags['version-id']].filter((one) => one !== undefined)
  if (id !== other)
    throw new ComfypinError('USAGE', {
      reason: `"${id}" and "${other}" are two versions; give one`,
    })
  const path = flags.spec === undefined ? null : resolve(expandHome(flags.spec))
  if (id === null && path === null)
    throw new ComfypinError('USAGE', { reason: 'which version? give <id> or --spec PATH' })
  return { id, path }
}
