/** Names between braces in a message, at the type level: `'a {x} b {y}'` → `'x' | 'y'`. */
export type ParamsOf<T extends string> = T extends `${string}{${infer Name}}${infer Rest}`
  ? Name | ParamsOf<Rest>
  : never

export type ParamValues<T extends string> = { [Name in ParamsOf<T>]: string | number }

/** Put the values into the braces; a name without a value stays as it is. */
export function fill(template: string, params: Readonly<Record<string, unknown>>): string {
  return template.replace(/\{(\w+)\}/g, (whole, name: string) =>
    name in params ? String(params[name]) : whole,
  )
}
