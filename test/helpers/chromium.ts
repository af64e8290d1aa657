import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { chromium, type Browser } from 'playwright-core'
import type { TestContext } from 'vitest'
import { whenOver } from './temp.ts'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome']

/** A headless browser of this machine, closed when the test is over; without one the test is skipped. */
export async function launchChromium(ctx: TestContext): Promise<Browser> {
  const executablePath = findChromium()
  if (executablePath === null) return ctx.skip('chromium is not installed')
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
  whenOver(() => browser.close())
  return browser
}

function findChromium(): string | null {
  const folders = (process.env.PATH ?? '').split(delimiter)
  const paths = folders.flatMap((folder) => NAMES.map((name) => join(folder, name)))
  return paths.find(isExecutable) ?? null
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false // only asked
  }
}
