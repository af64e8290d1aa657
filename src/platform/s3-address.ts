import type { S3Client } from '@aws-sdk/client-s3'
import type { Ctx } from '../core/context.ts'
import { ComfypinError, reasonOf } from '../core/errors.ts'
import type { S3Settings } from '../core/settings.ts'
import { quietAwsSdk } from './settings.ts'

/** A signature is good for so many seconds; who needs it longer asks for another one. */
const SIGNED_SECONDS = 3600

/** To be sent with a HEAD, which is signed for it: the answer then has the checksums of the object. */
export const S3_HEAD_HEADERS = { 'x-amz-checksum-mode': 'ENABLED' }

export interface S3Object {
  readonly bucket: string
  readonly key: string
  /** null: the newest. */
  readonly versionId: string | null
  readonly region: string
  /** null: Amazon's own. */
  readonly endpoint: string | null
}

/** `keys`: those of the settings; `ambient`: what profiles and the machine offer; `none`: anonymous. */
export type S3Identity = 'keys' | 'ambient' | 'none'

/**
 * The address under which an object can be asked for with plain HTTP, signed by an identity. The SDK
 * only computes it, so that every byte goes through our own connections.
 * @returns null when this machine has no such identity
 * @throws STORE_CREDENTIALS
 */
export async function s3Address(
  ctx: Ctx,
  object: S3Object,
  method: 'HEAD' | 'GET',
  identity: S3Identity,
): Promise<string | null> {
  const client = await createClient(ctx, object, identity)
  try {
    const signed = await sign(client, object, method)
    return identity === 'none' ? withoutSignature(signed) : signed
  } catch (error) {
    if (identity === 'ambient' && error instanceof Error && isWithoutCredentials(error)) return null
    throw new ComfypinError(
      'STORE_CREDENTIALS',
      { store: 'S3', reason: reasonOf(error), names: 'AWS_ACCESS_KEY_ID, AWS_PROFILE' },
      { cause: error },
    )
  } finally {
    client.destroy()
  }
}

async function createClient(
  ctx: Ctx,
  { region, endpoint }: S3Object,
  identity: S3Identity,
): Promise<S3Client> {
  quietAwsSdk()
  const { S3Client } = await import('@aws-sdk/client-s3')
  return new S3Client({
    region,
    // Stores other than Amazon's rarely have a host name per bucket, and know none of its checksums.
    ...(endpoint === null ? {} : { endpoint, forcePathStyle: true }),
    ...credentialsOf(ctx.settings.s3, identity),
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  })
}

async function sign(
  client: S3Client,
  { bucket: Bucket, key: Key, versionId }: S3Object,
  method: 'HEAD' | 'GET',
): Promise<string> {
  const [{ GetObjectCommand, HeadObjectCommand }, { getSignedUrl }] = await Promise.all([
    import('@aws-sdk/client-s3'),
    import('@aws-sdk/s3-request-presigner'),
  ])
  const input = { Bucket, Key, ...(versionId === null ? {} : { VersionId: versionId }) }
  const command =
    method === 'GET'
      ? new GetObjectCommand(input)
      : new HeadObjectCommand({ ...input, ChecksumMode: 'ENABLED' })
  return getSignedUrl(client, command, {
    expiresIn: SIGNED_SECONDS,
    unhoistableHeaders: new Set(Object.keys(S3_HEAD_HEADERS)),
  })
}

function credentialsOf({ keys }: S3Settings, identity: S3Identity) {
  if (identity === 'ambient' || (identity === 'keys' && keys === null)) return {}
  if (identity === 'none' || keys === null)
    return { credentials: { accessKeyId: 'nobody', secretAccessKey: 'nobody' } }
  const { accessKeyId, secretAccessKey, sessionToken } = keys
  return {
    credentials: {
      accessKeyId,
      secretAccessKey,
      ...(sessionToken === null ? {} : { sessionToken }),
    },
  }
}

function withoutSignature(signed: string): string {
  const url = new URL(signed)
  for (const name of [...url.searchParams.keys()])
    if (/^x-amz-|^x-id$/i.test(name)) url.searchParams.delete(name)
  return url.href
}

/** The chain of providers came to its end, or the profile that was named is of no use. */
function isWithoutCredentials({ name }: Error): boolean {
  return name === 'CredentialsProviderError' || name === 'TokenProviderError'
}
