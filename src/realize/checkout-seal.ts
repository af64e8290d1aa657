import { lstatSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { CheckoutPaths } from '../platform/checkout-tree.ts'
import { readTextIfExists, writeAtomic } from '../platform/files.ts'

/**
 * Beside a checkout: size and modification time of each of its files, from when a home linked it.
 * A pack that writes there later is found by one `lstat` per file, without git.
 */
export function sealCheckout(checkout: Sealed): void {
  if (readTextIfExists(checkout.seal) === null) writeSeal(checkout, stampsOf(checkout.dir))
}

/** The tree got files that it lacked; one that nobody sealed stays so. */
export function renewSeal(checkout: Sealed): void {
  if (readTextIfExists(checkout.seal) !== null) writeSeal(checkout, stampsOf(checkout.dir))
}

/** The tree is about to be another one. */
export function dropSeal({ seal }: Pick<Sealed, 'seal'>): void {
  rmSync(seal, { force: true })
}

/**
 * Paths below a checkout that were changed, added or removed since it was sealed; a new folder has
 * a slash at its end. A checkout without a seal gets one: nobody knows what it was.
 */
export function changedSinceSeal(checkout: Sealed): string[] {
  const text = readTextIfExists(checkout.seal)
  const now = stampsOf(checkout.dir)
  if (text === null) writeSeal(checkout, now)
  const sealed = text === null ? now : parseSeal(text)
  const changed = [...now.keys()].filter((path) => now.get(path) !== sealed.get(path))
  const removed = [...sealed.keys()].filter((path) => !now.has(path))
  if (removed.length > 0 || !wasMoved(changed, sealed, now)) return [...changed, ...removed]
  writeSeal(checkout, now)
  return []
}

/** Folder and the file that seals it. */
type Sealed = Pick<CheckoutPaths, 'dir' | 'seal'>

type Stamps = ReadonlyMap<string, string>

/** A cache that was copied to another disk has new times on everything; no pack rewrites most of itself. */
function wasMoved(changed: readonly string[], sealed: Stamps, now: Stamps): boolean {
  const isSameSize = (path: string) => sizeIn(sealed.get(path)) === sizeIn(now.get(path))
  return changed.length > 3 && changed.length * 2 > sealed.size && changed.every(isSameSize)
}

function sizeIn(stamp: string | undefined): string | undefined {
  return stamp?.split(':')[0]
}

function stampsOf(dir: string): Map<string, string> {
  const stamps = new Map<string, string>()
  addStamps(stamps, dir, '')
  return stamps
}

function addStamps(stamps: Map<string, string>, dir: string, below: string): void {
  for (const entry of readdirSync(join(dir, below), { withFileTypes: true })) {
    if (entry.name === '__pycache__' || entry.name.endsWith('.pyc')) continue
    const path = below === '' ? entry.name : `${below}/${entry.name}`
    if (entry.isDirectory()) {
      stamps.set(`${path}/`, 'folder')
      addStamps(stamps, dir, path)
    } else {
      const { size, mtimeMs } = lstatSync(join(dir, path))
      stamps.set(path, `${size}:${mtimeMs}`)
    }
  }
}

/** A line is a stamp, a space and a path; a path with a line break is nothing that a pack can do without. */
function writeSeal({ seal }: Sealed, stamps: Stamps): void {
  const lines = [...stamps].map(([path, stamp]) => `${stamp} ${JSON.stringify(path)}\n`)
  writeAtomic(seal, lines.join(''))
}

function parseSeal(text: string): Map<string, string> {
  return new Map(
    text
      .split('\n')
      .slice(0, -1)
      .map((line) => {
        const space = line.indexOf(' ')
        return [String(JSON.parse(line.slice(space + 1))), line.slice(0, space)]
      }),
  )
}
