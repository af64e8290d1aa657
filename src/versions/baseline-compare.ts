import type { Pixels } from './baseline-pixels.ts'

/** How far a picture may be from its reference and still count as the same. */
export interface Tolerance {
  /** Largest difference of one channel, 0 to 255. */
  channel: number
  /** Percent of pixels that may look different; null: none. */
  share: number | null
}

export interface PixelDifference {
  /** Largest difference of one channel of one pixel. */
  channel: number
  /** Percent of pixels that look different (pixelmatch: perceptual, without anti-aliasing). */
  share: number
}

/** The distance of two pictures of the same size. */
export async function comparePixels(one: Pixels, other: Pixels): Promise<PixelDifference> {
  const { default: pixelmatch } = await import('pixelmatch')
  const { width, height } = one
  const differing = pixelmatch(one.data, other.data, undefined, width, height)
  return {
    channel: largestDifference(one.data, other.data),
    share: (100 * differing) / (width * height),
  }
}

/** Either measure is enough. */
export function isTolerated(difference: PixelDifference, tolerance: Tolerance): boolean {
  if (difference.channel <= tolerance.channel) return true
  return tolerance.share !== null && difference.share <= tolerance.share
}

function largestDifference(one: Uint8Array, other: Uint8Array): number {
  let largest = 0
  for (let at = 0; at < one.length; at++)
    largest = Math.max(largest, Math.abs((one[at] ?? 0) - (other[at] ?? 0)))
  return largest
}
