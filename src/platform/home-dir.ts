/**
 * The user's own folder. `node:os` is loaded when it is asked for: where the volumes of a machine or
 * variables say where everything lies, a start goes without it.
 */
export function homeDir(): string {
  return process.getBuiltinModule('node:os').homedir()
}
