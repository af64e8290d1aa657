/**
 * The facts of uv's proof, without its reasoning: "Because A depends on x<1 and B depends on x>=2,
 * we can conclude that A and B are incompatible" → two lines. Empty when the text is no such proof.
 */
export function premisesOf(proof: string, owners: readonly string[]): string[] {
  const flat = proof.replace(/\s+/g, ' ').replace(/ \(\d+\)(?= |$)/g, '')
  const clauses = [...flat.matchAll(/\bbecause (.*?), we can conclude that/gi)].flatMap(
    ([, premises = '']) => premises.split(NEXT_CLAUSE),
  )
  const truisms = new Set(owners.map((owner) => `only ${owner} is available`))
  const facts = clauses.filter((clause) => !CONCLUDED.test(clause) && !truisms.has(clause))
  return [...new Set(facts)]
}

/** An "and" that starts a clause, not one that joins two packages. One owner has more than one word. */
const NEXT_CLAUSE =
  / and (?=(?:we know|only|all versions of|any of|there|you require) |(?:install\.py of )?\S+ (?:depends?|was|were|has|needs?) )/

const CONCLUDED = /^(?:we know from|you require) /
