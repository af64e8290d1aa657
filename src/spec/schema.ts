import * as z from 'zod'
import { isVersionId } from '../platform/paths.ts'
import { isFileName } from './model-target.ts'
import { isRegistryId, isSubdir, isVersionRange } from './pack-origin.ts'
import { hasControl, isPackName, isRefName, isRepoAddress } from './repo-address.ts'

/**
 * The user's spec as it is written in `versions/<id>.json` (requirements R1–R22).
 * `schemas/spec.schema.json` is generated from this. Checks that need more than one field, a path
 * or the environment are in `interpret.ts`.
 */
const booleanLike = z.union([
  z.boolean(),
  z.literal(0),
  z.literal(1),
  z.enum(['1', '0', 'true', 'false', 'True', 'False', 'TRUE', 'FALSE']),
])

const refName = z.string().refine(isRefName, 'a branch, a tag or a commit').nullish()

const versionId = z.string().refine(isVersionId, 'a version id of letters, digits, ".", "_", "-"')

const repoFields = {
  repo: z
    .string()
    .refine(isRepoAddress, 'a git repository (https, http, ssh, git, file URL or a path)')
    .describe('Git repository: an https, http, ssh or file URL, user@host:path, or a path.'),
  ref: refName.describe('Branch or tag; the default branch when absent.'),
  commit: refName.describe(
    '40-hex commit. A branch or tag is pinned to its commit, with a warning.',
  ),
}

const packFields = z.looseObject({
  ...repoFields,
  repo: repoFields.repo.nullish(),
  subdir: z
    .string()
    .refine(isSubdir, 'a folder inside the repository')
    .nullish()
    .describe('Folder of the repository that is the pack; default: the repository itself.'),
  registry: z
    .string()
    .refine(isRegistryId, 'an id of the Comfy registry')
    .nullish()
    .describe('Id in the Comfy registry, instead of repo.'),
  version: z
    .string()
    .refine(isVersionRange, 'a version or a range such as 1.2.3 or ^1.2')
    .nullish()
    .describe('Version or range of a registry pack; default: the newest.'),
  name: z
    .string()
    .refine((name) => name === '' || isPackName(name), 'a folder name inside custom_nodes')
    .nullish()
    .describe('Folder in custom_nodes/; default: the repository name.'),
  install_requirements: booleanLike
    .nullish()
    .describe("Install the pack's Python requirements (default true)."),
  target_dir: z
    .string()
    .nullish()
    .describe('Older spelling of name: a folder inside custom_nodes/.'),
  state: z
    .string()
    .refine(isSubdir, 'a folder beside the spec')
    .nullish()
    .describe(
      "Folder <version_id>.state/… with files that a new home's copy of the pack starts with.",
    ),
})

/** A pack has one origin, and only fields of that origin. */
const pack = packFields.superRefine((entry, { addIssue }) => {
  const refuse = (key: string, message: string) =>
    addIssue({ code: 'custom', path: [key], message })
  if (!entry.registry) {
    if (!entry.repo) refuse('repo', 'string, or a registry id in "registry"')
    if (entry.version)
      refuse('version', 'nothing without "registry" (a git pack has ref or commit)')
    return
  }
  if (entry.repo) refuse('registry', 'nothing beside "repo": a pack has one origin')
  for (const key of ['ref', 'commit', 'subdir'] as const)
    if (entry[key]) refuse(key, 'nothing beside "registry"')
})

export const modelSchema = z.looseObject({
  source: z
    .string()
    .min(1)
    .refine((source) => !hasControl(source), 'a source without control characters')
    .describe('hf://, civitai://, https://, http://, gs://, s3://, file: or a path.'),
  name: z
    .string()
    .refine((name) => name === '' || isFileName(name), 'a plain file name')
    .nullish()
    .describe('File name; default: from the source.'),
  target_subdir: z.string().nullish().describe('Folder below MODELS_DIR, such as checkpoints.'),
  target_path: z
    .string()
    .nullish()
    .describe('Folder or file; $MODELS_DIR and $COMFY_HOME are known.'),
  path: z.string().nullish().describe('Older spelling of target_path.'),
  checksum: z
    .string()
    .regex(
      // no flags: the published JSON Schema has the pattern alone
      /^(?:(?:[sS][hH][aA]256:)?[0-9a-fA-F]{64}|[mM][dD]5:[0-9a-fA-F]{32})?$/,
      'sha256:<64 hex> or md5:<32 hex>',
    )
    .nullish(),
})

const options = z.strictObject({
  offline: booleanLike.nullish().describe('Never touch the network.'),
  skip_models: booleanLike.nullish().describe('Leave the models out.'),
  venv_mode: z
    .enum(['symlinks', 'copies'])
    .nullish()
    .describe(
      'Whether the venv links the interpreter and the cached packages (default) or has copies.',
    ),
})

const requirement = z
  .string()
  .refine(
    (line) => line.trim() !== '' && !line.trim().startsWith('-') && !hasControl(line),
    'a requirement, not an option of pip',
  )

export const specSchema = z
  .looseObject({
    schema_version: z.literal(2),
    version_id: versionId.describe('Letters, digits, ".", "_", "-".').optional(),
    id: versionId.describe('Older spelling of version_id.').optional(),
    comfy: z
      .looseObject({ ...repoFields, repo: repoFields.repo.min(1) })
      .describe('The ComfyUI core.'),
    custom_nodes: z.array(pack).nullish(),
    models: z.array(modelSchema).nullish(),
    python_packages: z.array(requirement).nullish().describe('Extra pip requirements.'),
    python_overrides: z
      .array(requirement)
      .nullish()
      .describe('Requirements that win over everybody, as overrides of uv do.'),
    python_twins: z
      .enum(['one', 'all'])
      .nullish()
      .describe('Packages that own the same files: keep one (default), or all as asked for.'),
    env: z
      .record(
        z.string().regex(/^[A-Za-z_]\w*$/, 'the name of a variable'),
        z.union([
          z.string().refine((text) => !text.includes('\0'), 'a text without NUL'),
          z.number(),
          z.boolean(),
        ]),
      )
      .nullish()
      .describe('Environment of install steps and of ComfyUI; ${VAR} expands.'),
    options: options.nullish(),
    $schema: z.string().optional(),
  })
  .describe('comfypin spec')

export type RawSpec = z.infer<typeof specSchema>
export type RawPack = z.infer<typeof pack>
export type RawModel = z.infer<typeof modelSchema>

/** Keys that the schema knows, by place; anything else gives a warning (R13). */
export const knownKeys = {
  root: Object.keys(specSchema.shape),
  comfy: Object.keys(repoFields),
  pack: Object.keys(pack.shape),
  model: Object.keys(modelSchema.shape),
} as const
