export interface RemoteRefs {
  /** The branch that HEAD points to, such as `refs/heads/main`; null when the server does not say. */
  headRef: string | null
  /** Every ref with its commit; annotated tags are peeled. `HEAD` is among them. */
  commits: ReadonlyMap<string, string>
}

/**
 * Read the answer of `GET <repo>/info/refs?service=git-upload-pack` (protocol v0: pkt-lines).
 * @returns null when it is not such an answer (a dumb server, an HTML page)
 */
export function parseAdvertisement(body: Uint8Array): RemoteRefs | null {
  const lines = readPktLines(body)
  if (lines === null || !lines[0]?.startsWith('# service=git-upload-pack')) return null
  const rows = lines.slice(1).filter((line) => line !== '')
  const symref = /\bsymref=HEAD:(\S+)/.exec(rows[0]?.split('\0')[1] ?? '')?.[1] ?? null
  return {
    headRef: symref,
    commits: collectRefs(rows.map((row) => row.split('\0')[0]?.trim() ?? '')),
  }
}

/** Rows `<40 hex><white space><ref>`, as `git ls-remote` prints them too. `x^{}` replaces `x`. */
export function collectRefs(rows: readonly string[]): Map<string, string> {
  const commits = new Map<string, string>()
  for (const row of rows) {
    const [, commit, ref] = /^([0-9a-f]{40})\s+(\S+)$/.exec(row) ?? []
    if (commit !== undefined && ref !== undefined && ref !== 'capabilities^{}')
      commits.set(ref.replace(/\^\{\}$/, ''), commit)
  }
  return commits
}

/** Texts of the packets; a flush packet is ''. null when the framing is broken. */
function readPktLines(body: Uint8Array): string[] | null {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  const lines: string[] = []
  for (let at = 0; at < bytes.length;) {
    const length = Number.parseInt(bytes.toString('latin1', at, at + 4), 16)
    if (Number.isNaN(length) || (length > 0 && length < 4) || at + length > bytes.length)
      return null
    lines.push(length === 0 ? '' : bytes.toString('utf8', at + 4, at + length).replace(/\n$/, ''))
    at += Math.max(length, 4)
  }
  return lines
}
