import type { RunningCli } from './cli.ts'

/** Resolves with the first line of stderr that fits; rejects when the run ends before. */
export function firstLine(run: RunningCli, wanted: RegExp): Promise<string> {
  const found = new Promise<string>((resolve) => {
    let rest = ''
    run.child.stderr?.on('data', (chunk) => {
      const lines = (rest + String(chunk)).split('\n')
      rest = lines.pop() ?? ''
      const line = lines.find((one) => wanted.test(one))
      if (line !== undefined) resolve(line)
    })
  })
  const early = run.result.then(({ stdout, stderr }) => {
    throw new Error(`it ended without ${wanted}:\n${stdout}${stderr}`)
  })
  return Promise.race([found, early])
}
