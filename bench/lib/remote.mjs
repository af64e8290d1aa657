import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { serveFiles } from './file-server.mjs'
import { packSource, standinFiles } from './fixtures.mjs'
import { serveGit } from './git-server.mjs'
import { grownRepository } from './history.mjs'
import { Missing } from './missing.mjs'
import { payload } from './payload.mjs'
import { capture } from './process.mjs'

/** What the packs require, one each: small packages without requirements of their own. */
const PACKAGES =
  'attrs click colorama einops filelock idna itsdangerous joblib markdown more-itertools packaging platformdirs pluggy pygments six sortedcontainers tabulate tqdm wcwidth zipp'.split(
    ' ',
  )
/** Of a pack, a few MB. */
const HISTORY = { commits: 150, files: 60, assets: 3 }

/**
 * Everything that a version needs, at the other end of a line: a grown core, 20 packs with history
 * and a requirement each, 4 models; and a folder of wheels on this machine. Made once, then kept.
 */
export async function createRemote(bench, line) {
  const core = await repository(bench, 'core', { first: standinFiles() })
  const packs = []
  for (const [index, name] of PACKAGES.entries()) {
    const first = { '__init__.py': packSource(index + 1), 'requirements.txt': `${name}\n` }
    packs.push(await repository(bench, `pack-of-${name}`, { ...HISTORY, seed: index + 2, first }))
  }
  const models = payload(bench, { name: 'model', count: 4, bytes: 64 << 20 })
  return {
    core,
    packs,
    models: models.files.map(({ name }) => name),
    wheels: await wheels(bench),
    // The server's processor is not the one that is measured.
    git: await serveGit(bench, bench.work.fixtures, { ...line, fromMemory: true }),
    files: (await serveFiles(bench, models.dir, line)).url,
  }
}

/** Named after what its first commit holds: it is made again when the stand-in core changes. */
async function repository(bench, name, shape) {
  const kept = `${name}-${hashOf(JSON.stringify(shape))}`
  const { commits } = await grownRepository(bench, { ...shape, name: kept })
  return { name: kept, commit: commits.at(-1) }
}

/** @throws Missing when the packages cannot be downloaded */
async function wheels(bench) {
  const wanted = [standinFiles()['requirements.txt'].toString().trim(), ...PACKAGES].join('\n')
  const dir = join(bench.work.fixtures, `wheels-${hashOf(wanted)}`)
  if (existsSync(dir)) return dir
  bench.progress('downloading wheels')
  const staged = join(bench.work.run, 'wheels')
  mkdirSync(staged)
  writeFileSync(join(bench.work.run, 'wanted.txt'), `${wanted}\n`)
  const download = ['-m', 'pip', 'download', '--quiet', '--only-binary', ':all:', '--dest', staged]
  try {
    await capture([bench.tools.python, ...download, '-r', 'wanted.txt'], {
      env: bench.onlineEnv,
      cwd: bench.work.run,
    })
  } catch (error) {
    throw new Missing(`the Python packages could not be downloaded: ${error.message}`)
  }
  renameSync(staged, dir)
  return dir
}

function hashOf(text) {
  return createHash('sha256').update(text).digest('hex').slice(0, 12)
}
