import type { StorageOptions } from '@google-cloud/storage'
import type { Ctx } from '../core/context.ts'
import { ComfypinError, reasonOf } from '../core/errors.ts'

/** `keys`: the credentials of the settings; `ambient`: those of gcloud or of the machine. */
export type GsIdentity = 'keys' | 'ambient'

/**
 * A token for Google Cloud Storage. The library keeps nothing between calls, so asking again gives a
 * fresh one.
 * @returns null when this machine has no such identity
 * @throws STORE_CREDENTIALS
 */
export async function gsToken(ctx: Ctx, identity: GsIdentity): Promise<string | null> {
  const { Storage } = await import('@google-cloud/storage')
  try {
    const { authClient } = new Storage(identity === 'keys' ? explicitOptions(ctx) : {})
    return (await authClient.getAccessToken()) ?? null
  } catch (error) {
    const reason = reasonOf(error)
    if (identity === 'ambient' && /could not load the default credentials/i.test(reason))
      return null
    throw new ComfypinError(
      'STORE_CREDENTIALS',
      { store: 'Google', reason, names: 'GOOGLE_APPLICATION_CREDENTIALS' },
      { cause: error },
    )
  }
}

function explicitOptions({ settings }: Ctx): StorageOptions {
  const { credentials } = settings.gs
  if (credentials === null) return {}
  if ('file' in credentials) return { keyFilename: credentials.file }
  // oxlint-disable-next-line no-unsafe-type-assertion -- its fields depend on its type; the library checks them
  return { credentials: JSON.parse(credentials.json) as NonNullable<StorageOptions['credentials']> }
}
