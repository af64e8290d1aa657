/** An address out of a foreign file or an install, without the login it may have carried. */
export interface ForeignAddress {
  address: string
  hadLogin: boolean
}

/** Query parameters that say who asks; they stay out of a spec, which people share. */
const SECRET_PARAMETER = /^(?:token|access_token|api_?key|key|password|secret|auth)$/i

/** User and password before the host, and tokens of the query, are taken out of a web address. */
export function withoutLogin(text: string): ForeignAddress {
  if (!/^https?:/i.test(text) || !URL.canParse(text)) return { address: text, hadLogin: false }
  const url = new URL(text)
  const secrets = [...url.searchParams.keys()].filter((name) => SECRET_PARAMETER.test(name))
  if (url.username === '' && url.password === '' && secrets.length === 0)
    return { address: text, hadLogin: false }
  url.username = ''
  url.password = ''
  for (const name of secrets) url.searchParams.delete(name)
  return { address: url.href, hadLogin: true }
}
