import { ComfypinError } from '../core/errors.ts'
import type { GsSettings, S3Settings, VolumeSettings } from '../core/settings.ts'
import { parseAddress } from './variable-forms.ts'

/** Variables of object stores and of network volumes; their names are those of the stores' own tools. */
export const storeVariables = {
  s3AccessKeyId: {
    name: 'AWS_ACCESS_KEY_ID',
    doc: 'Key for `s3://` sources. Default: anonymous, then profiles and the machine (`AWS_PROFILE` and what else the AWS SDK reads).',
  },
  s3SecretAccessKey: { name: 'AWS_SECRET_ACCESS_KEY', doc: 'Secret of AWS_ACCESS_KEY_ID.' },
  s3SessionToken: { name: 'AWS_SESSION_TOKEN', doc: 'Session of a temporary AWS_ACCESS_KEY_ID.' },
  s3Region: {
    name: 'AWS_REGION',
    aliases: ['AWS_DEFAULT_REGION'],
    doc: 'Region of `s3://` sources. Default: the one that the bucket names.',
  },
  s3Endpoint: {
    name: 'AWS_ENDPOINT_URL_S3',
    aliases: ['AWS_ENDPOINT_URL'],
    doc: 'Another store that speaks the S3 protocol; gets the key. Default: Amazon.',
  },
  gsCredentials: {
    name: 'GOOGLE_APPLICATION_CREDENTIALS',
    doc: 'Credentials file for `gs://` sources. Default: anonymous, then those of gcloud or the machine.',
  },
  gsCredentialsJson: {
    name: 'GOOGLE_APPLICATION_CREDENTIALS_JSON',
    aliases: ['GCS_CREDENTIALS'],
    doc: 'The same as text: the JSON itself or its base64.',
  },
  gsEmulator: {
    name: 'STORAGE_EMULATOR_HOST',
    doc: 'Emulator of Google Cloud Storage; gets no credentials.',
  },
  gsEndpoint: {
    name: 'COMFYPIN_GS_ENDPOINT',
    doc: 'Mirror of Google Cloud Storage; gets the credentials. Default `https://storage.googleapis.com`.',
  },
  volumeRoot: {
    name: 'RUNPOD_VOLUME_ROOT',
    doc: 'Where the network volume is mounted: caches, model store and homes go there by default. Default `/runpod-volume`, `/workspace`.',
  },
  volumeQuotaBytes: {
    name: 'RUNPOD_VOLUME_QUOTA_BYTES',
    aliases: ['RUNPOD_VOLUME_SIZE_BYTES', 'RUNPOD_VOLUME_BYTES'],
    doc: 'Size of the network volume, whose filesystem shows the free space of the whole cluster.',
  },
  volumeQuotaGb: {
    name: 'RUNPOD_VOLUME_QUOTA_GB',
    aliases: ['RUNPOD_VOLUME_SIZE_GB', 'RUNPOD_VOLUME_GB'],
    doc: 'The same in GiB.',
  },
} as const satisfies Record<string, Readable>

interface Readable {
  name: string
  aliases?: readonly string[]
  doc: string
}

type Read = (variable: Readable) => string | null

/** Where RunPod mounts a network volume: in serverless workers, in pods (runpod.md D.1). */
const MOUNTS = ['/runpod-volume', '/workspace']

/** Where a network volume may be, the best place first. Whoever names a place means no other. */
export function mountsOf(root: string | null): readonly string[] {
  return root === null ? MOUNTS : [root]
}

/**
 * @param path makes a variable's value an absolute path
 * @throws SETTING_NOT_ADDRESS, SETTING_NOT_NUMBER
 */
export function readStores(
  read: Read,
  path: (variable: Readable) => string | null,
): { s3: S3Settings; gs: GsSettings; volume: VolumeSettings } {
  const s3Endpoint = read(storeVariables.s3Endpoint)
  return {
    s3: {
      region: read(storeVariables.s3Region),
      endpoint:
        s3Endpoint === null ? null : parseAddress(storeVariables.s3Endpoint.name, s3Endpoint),
      keys: readKeys(read),
    },
    gs: { ...readGsEndpoint(read), credentials: readGsCredentials(read) },
    volume: { root: path(storeVariables.volumeRoot), quotaBytes: readQuota(read) },
  }
}

/** Half a pair is no key; whoever set it may mean another program. */
function readKeys(read: Read): S3Settings['keys'] {
  const accessKeyId = read(storeVariables.s3AccessKeyId)
  const secretAccessKey = read(storeVariables.s3SecretAccessKey)
  if (accessKeyId === null || secretAccessKey === null) return null
  return { accessKeyId, secretAccessKey, sessionToken: read(storeVariables.s3SessionToken) }
}

function readGsEndpoint(read: Read) {
  const emulator = read(storeVariables.gsEmulator)
  if (emulator !== null) {
    const url = /^https?:/i.test(emulator) ? emulator : `http://${emulator}`
    return { endpoint: parseAddress(storeVariables.gsEmulator.name, url), isEmulator: true }
  }
  const mirror = read(storeVariables.gsEndpoint)
  return {
    endpoint: mirror === null ? GOOGLE : parseAddress(storeVariables.gsEndpoint.name, mirror),
    isEmulator: false,
  }
}

function readGsCredentials(read: Read): GsSettings['credentials'] {
  const file = read(storeVariables.gsCredentials)
  if (file !== null) return { file }
  const json = read(storeVariables.gsCredentialsJson)
  return json === null ? null : { json: plainJson(json) }
}

const GOOGLE = 'https://storage.googleapis.com'

/** Containers without files get the JSON in a variable, often as base64. */
function plainJson(text: string): string {
  return text.startsWith('{') ? text : Buffer.from(text, 'base64').toString('utf8')
}

function readQuota(read: Read): number | null {
  const units = [
    { variable: storeVariables.volumeQuotaBytes, bytes: 1 },
    { variable: storeVariables.volumeQuotaGb, bytes: 2 ** 30 },
  ]
  for (const { variable, bytes } of units) {
    const value = read(variable)
    if (value === null) continue
    const number = Number(value)
    if (Number.isFinite(number) && number > 0) return Math.floor(number * bytes)
    throw new ComfypinError('SETTING_NOT_NUMBER', { name: variable.name, value })
  }
  return null
}
