const SECRET_NAME = /token|secret|passw|credential|auth|api_?key|private_?key|access_?key/i

/** True for the name of a variable whose value is not to be shown. */
export function isSecretName(name: string): boolean {
  return SECRET_NAME.test(name)
}

/** Variables with `***` for the values of those that sound like a secret. */
export function maskSecrets(env: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(env).map(([name, value]) => [name, isSecretName(name) ? '***' : value]),
  )
}
