import { BLOCK_BYTES } from '../platform/block-pool.ts'

/** The numbers by which a transfer decides. Tests shrink them; everything else uses `TUNING`. */
export interface Tuning {
  /** Fewer bytes than this per connection are not worth another one at the start. */
  readonly startBytes: number
  readonly startConnections: number
  /** The first connection is listened to for so long before others join it. */
  readonly listenMs: number
  /** Bytes per millisecond at which one connection is as good as many: the receiver is the limit. */
  readonly fastRate: number
  /** A request for less than this is mostly waiting. */
  readonly minPieceBytes: number
  /** A smaller part of another connection's work is not worth taking over before rates are known. */
  readonly minSplitBytes: number
  /** So much is worth taking over when it would take its connection long. */
  readonly minRescueBytes: number
  /** Getting this much further than ever before proves that trying again is worth it. */
  readonly groundBytes: number
  /** A connection that broke after so much is opened again at once. */
  readonly worthBytes: number
  /** How often all connections are looked at. */
  readonly tickMs: number
  /** How long a rate is measured before it is believed. */
  readonly windowMs: number
  /** TCP itself sends a lost packet again after this long; no silence is a sign before. */
  readonly minPatienceMs: number
  readonly maxPatienceMs: number
  /** Writes are gathered into blocks of so many bytes where each may be a request to a volume's server. */
  readonly blockBytes: number
  readonly gather: 'on network volumes' | 'always'
}

export const TUNING: Tuning = {
  startBytes: 4 << 20,
  startConnections: 32,
  listenMs: 20,
  fastRate: 150_000,
  minPieceBytes: 4 << 20,
  minSplitBytes: 1 << 20,
  minRescueBytes: 64 << 10,
  groundBytes: 1 << 20,
  worthBytes: 64 << 10,
  tickMs: 50,
  windowMs: 100,
  minPatienceMs: 200,
  maxPatienceMs: 5000,
  blockBytes: BLOCK_BYTES,
  gather: 'on network volumes',
}
