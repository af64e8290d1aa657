import { join, relative } from 'node:path'
import { readPointer } from '../git/lfs-pointers.ts'
import type { CheckoutPaths } from '../platform/checkout-tree.ts'
import { readTreeFiles } from '../platform/tree-files.ts'
import { copyFile } from './pack-folder.ts'

/**
 * LFS files that came into a checkout after a private copy of it was made: in the copy, their pointers
 * still stand for them. A pointer to anything else is the user's own.
 * @returns paths below the pack's folder
 */
export function lateFiles(copy: string, { tree, dir, files }: CheckoutPaths): string[] {
  const facts = Object.entries(readTreeFiles(files)?.files ?? {})
  return facts.flatMap(([path, { sha256 }]) => {
    const below = relative(dir, join(tree, path))
    const isInside = !below.startsWith('..')
    return isInside && readPointer(join(copy, below))?.oid === sha256 ? [below] : []
  })
}

/** Put them in the place of their pointers. */
export function bringLateFiles(copy: string, checkout: CheckoutPaths): void {
  for (const path of lateFiles(copy, checkout)) copyFile(join(checkout.dir, path), join(copy, path))
}
