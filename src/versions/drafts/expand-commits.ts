import type { Ctx } from '../../core/context.ts'
import { parseAddress } from '../../git/address.ts'
import { expandCommit } from '../../git/expand-commit.ts'
import type { DraftPack } from '../../spec/draft.ts'
import type { ForeignDraft } from '../../spec/importers/read-foreign.ts'

/** Abbreviated commits in full; one that cannot be completed stays, with its note. */
export async function expandCommits(ctx: Ctx, draft: ForeignDraft): Promise<ForeignDraft> {
  const known = new Map<string, string>()
  const packs: DraftPack[] = []
  for (const pack of draft.spec.custom_nodes ?? []) {
    const { repo, commit = '' } = pack
    const isShort = repo !== undefined && /^[0-9a-f]{7,39}$/i.test(commit)
    const full = isShort ? await expandCommit(ctx, parseAddress(repo, '/'), commit) : null
    if (full !== null) known.set(commit, full)
    packs.push(full === null ? pack : { ...pack, commit: full })
  }
  if (known.size === 0) return draft
  return {
    ...draft,
    spec: { ...draft.spec, custom_nodes: packs },
    notes: draft.notes.filter(({ code, detail }) => code !== 'COMMIT_SHORT' || !known.has(detail)),
  }
}
