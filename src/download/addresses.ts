import { isOwnHost, parseHttpUrl } from '../platform/redirect.ts'
import type { Address, TransferRequest } from './types.ts'

/** Where a request goes first. */
export interface Asked {
  readonly url: URL
  /** Where redirects led an earlier request: asked at once the next time. */
  readonly isDirect: boolean
  /** Counts the addresses that have been in use. */
  readonly generation: number
}

/** The addresses of one file: what it was asked for at, where that led, and what came in its place. */
export interface Addresses {
  /**
   * Where to ask now. When it is not known any more where redirects lead, one request finds out and
   * the others wait for it.
   */
  current(): Promise<Asked>
  /** The request that `asked` was for is over. */
  over(asked: Asked): void
  /** Credentials that may go to `hop`. */
  headersFor(hop: URL): Readonly<Record<string, string>>
  /** `asked` led to the file at `final`. */
  worked(asked: Asked, final: URL): void
  /** True when a refusal means that the address has expired and that there may be another one. */
  isExpired(asked: Asked, status: number): boolean
  /** Get another one; the requests of all connections together get one. */
  renew(asked: Asked): Promise<void>
}

const EXPIRED = [401, 403, 410]

export function createAddresses(request: TransferRequest): Addresses {
  let address: Address = request
  let origin = parseHttpUrl(request.url)
  let direct: URL | null = null
  let hasWorked = false
  let generation = 0
  let renewing: Promise<void> | null = null
  let isRedirected = false
  let scout: { asked: Asked; found: Promise<void>; end: () => void } | null = null

  const replace = async (renew: () => Promise<Address>) => {
    address = await renew()
    origin = parseHttpUrl(address.url)
    hasWorked = false
    generation++
  }
  const isScouted = () => direct === null && scout !== null
  const over = (asked: Asked) => {
    if (scout?.asked !== asked) return
    scout.end()
    scout = null
  }
  return {
    async current() {
      while (isScouted()) await scout?.found
      const asked = { url: direct ?? origin, isDirect: direct !== null, generation }
      if (direct === null && isRedirected) scout = { asked, ...createSign() }
      return asked
    },
    over,
    headersFor: (hop) => (isOwnHost(origin, hop) ? address.headers : {}),
    worked(asked, final) {
      if (asked.generation !== generation) return
      hasWorked = true
      direct = final.href === origin.href ? null : final
      isRedirected = direct !== null
      over(asked)
    },
    isExpired(asked, status) {
      if (!EXPIRED.includes(status) && !(asked.isDirect && status === 404)) return false
      return asked.generation !== generation || asked.isDirect || canRenew()
    },
    async renew(asked) {
      if (asked.generation !== generation) return
      if (asked.isDirect) {
        direct = null
        generation++
      } else if (request.renew !== null) {
        renewing ??= replace(request.renew).finally(() => (renewing = null))
        await renewing
      }
    },
  }
  function canRenew(): boolean {
    return hasWorked && request.renew !== null
  }
}

function createSign(): { found: Promise<void>; end: () => void } {
  let end = () => {}
  const found = new Promise<void>((resolve) => (end = resolve))
  return { found, end }
}
