import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { buildPackage } from '../build.mjs'
import { runOrThrow } from './process.mjs'

/** Build and pack into the empty folder `dir`, as a release does. @returns the tarball's path */
export async function packPackage(dir) {
  await buildPackage()
  await runOrThrow('npm', ['pack', '--ignore-scripts', '--pack-destination', dir])
  const [tarball] = readdirSync(dir)
  return join(dir, tarball)
}
