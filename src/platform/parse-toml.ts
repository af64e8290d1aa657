/** What a TOML text says; dates stay objects. Throws what the parser throws, with line and column. */
export async function parseToml(text: string): Promise<Readonly<Record<string, unknown>>> {
  return (await import('smol-toml')).parse(text)
}
