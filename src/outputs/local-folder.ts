import { createHash } from 'node:crypto'
import { constants, createReadStream } from 'node:fs'
import { access, copyFile, link, mkdir, open, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join, parse, resolve } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { ComfypinError, reasonOf, systemCode } from '../core/errors.ts'
import { randomName } from '../platform/files.ts'
import type { Artifact, Sink, StoredArtifact } from './types.ts'

/**
 * A sink that puts artifacts into the folder `dir`. They are copies of their own (reflinks where the
 * filesystem has them), so ComfyUI's folder may be emptied later. Names are kept; a taken one gets a
 * number, and nothing that lies there is ever overwritten.
 * @throws DISK_WRITE
 */
export function createLocalFolder(dir: string): Sink {
  return {
    name: 'folder',
    check: () => onDisk(dir, () => checkWritable(resolve(dir))),
    store: (_ctx, artifact) => onDisk(join(dir, artifact.name), () => store(dir, artifact)),
  }
}

async function onDisk<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (systemCode(error) === null) throw error
    throw new ComfypinError('DISK_WRITE', { path, reason: reasonOf(error) }, { cause: error })
  }
}

/** The folder, or what it will be made in; nothing is left behind by a job that makes nothing. */
async function checkWritable(dir: string): Promise<void> {
  try {
    await access(`${dir}/.`, constants.W_OK | constants.X_OK)
  } catch (error) {
    if (systemCode(error) !== 'ENOENT' || dirname(dir) === dir) throw error
    await checkWritable(dirname(dir))
  }
}

async function store(dir: string, artifact: Artifact): Promise<StoredArtifact> {
  await mkdir(dir, { recursive: true })
  const staged = join(dir, `.${randomName()}.tmp`)
  try {
    await write(artifact, staged)
    const sha256 = await hashFile(staged)
    const location = await publish(staged, dir, artifact.name)
    const { type, nodeId, key, size, mime } = artifact
    return { name: parse(location).base, type, nodeId, key, size, mime, location, sha256 }
  } finally {
    await rm(staged, { force: true })
  }
}

function write(artifact: Artifact, path: string): Promise<void> {
  return artifact.kind === 'text'
    ? writeFile(path, artifact.text, { flag: 'wx' })
    : copyFile(artifact.path, path, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL)
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash)
  return hash.digest('hex')
}

/** Give the staged file the first name that nobody has. */
async function publish(staged: string, dir: string, name: string): Promise<string> {
  const { name: stem, ext } = parse(name)
  for (let number = 0; ; number++) {
    const path = join(dir, number === 0 ? name : `${stem}-${number}${ext}`)
    if (await tryPublish(staged, path)) return path
  }
}

/** A hard link never replaces a file; on filesystems without links the name is reserved first. */
async function tryPublish(staged: string, path: string): Promise<boolean> {
  try {
    await link(staged, path)
    return true
  } catch (error) {
    const code = systemCode(error) ?? ''
    if (code === 'EEXIST') return false
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes(code)) throw error
  }
  if (!(await reserve(path))) return false
  await rename(staged, path)
  return true
}

async function reserve(path: string): Promise<boolean> {
  try {
    await (await open(path, 'wx')).close()
    return true
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false
    throw error
  }
}
