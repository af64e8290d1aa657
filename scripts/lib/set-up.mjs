import { accessSync, constants, lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { root, run, runOrThrow } from './process.mjs'

/**
 * Install the development packages when they are missing or not those of the lock file.
 * @throws Error where `node_modules` is a link: `npm ci` would empty the folder that it leads to
 */
export async function ensurePackages() {
  if (packagesAreCurrent()) return
  const folder = join(root, 'node_modules')
  if (lstatSync(folder, { throwIfNoEntry: false })?.isSymbolicLink())
    throw new Error(
      `the development packages are not those of package-lock.json, and node_modules is a link to ${readlinkSync(folder)}, which is not touched from here: run npm ci where it lies, or remove the link`,
    )
  console.log('installing the development packages (npm ci)')
  await runOrThrow('npm', ['ci', '--no-audit', '--no-fund'])
}

function packagesAreCurrent() {
  const installed = readLock('node_modules/.package-lock.json')
  if (installed === null) return false
  return Object.entries(readLock('package-lock.json') ?? {}).every(([path, wanted]) => {
    if (path === '') return true
    const present = installed[path]
    // Packages for other systems are in the lock file and rightly not on the disk.
    return present === undefined ? wanted.optional === true : present.version === wanted.version
  })
}

function readLock(path) {
  try {
    return JSON.parse(readFileSync(join(root, path), 'utf8')).packages
  } catch (error) {
    if (error.code === 'ENOENT') return null
    throw error
  }
}

/** What some tests need from the system, and how to get it; `sign` is what such a test contains. */
const systemNeeds = [
  {
    sign: 'helpers/chromium.ts',
    programs: ['chromium', 'chromium-browser', 'google-chrome'],
    apt: 'chromium',
  },
  { sign: 'helpers/nginx.ts', programs: ['nginx'], apt: 'nginx-light' },
  { sign: 'helpers/redis.ts', programs: ['redis-server'], apt: 'redis-server' },
  { sign: "'zsh'", programs: ['zsh'], apt: 'zsh' },
  { sign: "'fish'", programs: ['fish'], apt: 'fish' },
]

/** Install what tests need from the system where that is possible: as root, with apt-get. */
export async function ensureSystemNeeds() {
  const tests = readTests()
  for (const { sign, programs, apt } of systemNeeds) {
    if (programs.some(isOnPath) || !tests.some((text) => text.includes(sign))) continue
    if (process.getuid?.() !== 0 || !isOnPath('apt-get')) {
      console.log(`${apt} is missing and cannot be installed here; its tests will be skipped`)
      continue
    }
    console.log(`installing ${apt} (apt-get)`)
    const env = { DEBIAN_FRONTEND: 'noninteractive' }
    await run('apt-get', ['update', '-qq'], { env })
    const args = ['install', '-y', '-qq', '--no-install-recommends', apt]
    const { code, output } = await run('apt-get', args, { env })
    if (code !== 0)
      console.log(`${apt} could not be installed; its tests will be skipped\n${output}`)
  }
}

function readTests() {
  return ['src', 'test'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true })
      .filter((path) => path.endsWith('.test.ts'))
      .map((path) => readFileSync(join(root, folder, path), 'utf8')),
  )
}

function isOnPath(program) {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK)
      return true
    } catch {
      return false // only asked
    }
  })
}
